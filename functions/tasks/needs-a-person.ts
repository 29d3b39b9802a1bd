import * as z from 'zod/mini';
import { needsPerson } from '../../domain/recovery.ts';
import { Step } from '../../domain/request.ts';
import { cases, now } from '../aws/from-env.ts';
import { log } from '../lib/log.ts';
import type { StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

/** The workflow's only failure state: says on the record and by mail that the DPO has to look, and which step can be tried again. */
export const needsAPerson = task({
  input: z.object({ requestId: z.string(), step: Step, error: z.string() }),
  async run({ requestId, step, error }, deps: StepDeps) {
    await deps.cases.change(requestId, (held) => needsPerson(held, step, error, deps.now()));
    log.error('needs a person', { requestId, step, error });
    return { requestId };
  },
});

export const handler = onTask(needsAPerson, () => ({ cases: cases(), now }));
