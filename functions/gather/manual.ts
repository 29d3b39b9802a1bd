import { askOwner } from '../../domain/gathering.ts';
import { cases, now } from '../aws/from-env.ts';
import { onTask, task } from '../lib/task.ts';
import { GatherInput, mayGather } from '../tasks/gather-source.ts';

/** Asks a system's owner to look, by mail: the system stays MANUAL until they answer on their page. */
const askTheOwner = task({
  input: GatherInput,
  async run({ requestId, system, wave }, deps: { cases: ReturnType<typeof cases>; now: () => Date }) {
    await mayGather(deps.cases, requestId);
    await deps.cases.change(requestId, (held) => askOwner(held, system, wave, deps.now()));
    return { system, state: 'MANUAL', rows: 0 };
  },
});

export const handler = onTask(askTheOwner, () => ({ cases: cases(), now }));
