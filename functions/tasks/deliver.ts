import { deliver as delivered } from '../../domain/delivery.ts';
import { cases, now } from '../aws/from-env.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';

/** Tells the person that the answer is ready; the mail holds a link and nothing else. */
export const deliver = step(async ({ requestId }: OfRequest, deps: StepDeps) => {
  await deps.cases.change(requestId, (held) => delivered(held, deps.now()));
});

export const handler = onTask(deliver, () => ({ cases: cases(), now }));
