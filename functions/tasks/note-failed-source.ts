import * as z from 'zod/mini';
import { inForce, turnOf } from '../../domain/gathering.ts';
import { cases, now } from '../aws/from-env.ts';
import { log } from '../lib/log.ts';
import type { StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

/** Notes that a system could not be asked, after every retry: the DPO sees it, nothing is silently left out (I09). */
export const noteFailedSource = task({
  input: z.object({ requestId: z.string(), system: z.string(), wave: z.int(), error: z.string() }),
  async run({ requestId, system, wave, error }, deps: StepDeps) {
    const held = await deps.cases.read(requestId);
    const { request } = held;
    const before = inForce(held).find((each) => turnOf(each) === turnOf({ system, wave }));
    // Its answer is on the record and only the word of it was lost, or the round is closed: what the DPO saw must stay.
    if (before || request.status !== 'GATHERING')
      return { system, state: before?.state ?? 'FAILED', rows: before?.rows ?? 0 };
    const nothing = { rows: 0, documents: 0, possibleMatches: 0, collections: [] };
    const at = deps.now().toISOString();
    const failed = { system, wave, round: request.round, state: 'FAILED' as const, at, reason: error, ...nothing };
    await deps.cases.addSource(requestId, failed);
    log.error('source failed', { requestId, system, error });
    return { system, state: failed.state, rows: 0 };
  },
});

export const handler = onTask(noteFailedSource, () => ({ cases: cases(), now }));
