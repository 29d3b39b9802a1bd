import type { DataMap } from '../../domain/data-map.ts';
import { askOwner } from '../../domain/gathering.ts';
import type { Cases } from '../aws/cases.ts';
import { cases, now } from '../aws/from-env.ts';
import { readMap } from '../lib/settings.ts';
import { onTask, task } from '../lib/task.ts';
import { GatherInput, mayGather } from '../tasks/gather-source.ts';

interface Deps {
  readonly cases: Cases;
  readonly map: DataMap;
  readonly now: () => Date;
}

/** Asks a system's owner to look, by mail: the system stays MANUAL until they answer on their page. */
const askTheOwner = task({
  input: GatherInput,
  async run({ requestId, system, wave }, deps: Deps) {
    await mayGather(deps.cases, requestId, deps.map.systems[system]);
    await deps.cases.change(requestId, (held) => askOwner(held, system, wave, deps.now()));
    return { system, state: 'MANUAL', rows: 0 };
  },
});

export const handler = onTask(askTheOwner, () => ({ cases: cases(), map: readMap().map, now }));
