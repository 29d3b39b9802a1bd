import { deliver as delivered } from '../../domain/delivery.ts';
import { cases, now } from '../aws/from-env.ts';
import { OfSegment, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

/** Tells the person that the answer is ready; the mail holds a link and nothing else. */
export const deliver = task({
  input: OfSegment,
  async run({ requestId, segment }, deps: StepDeps) {
    await deps.cases.change(requestId, (held) => delivered(held, segment, deps.now()));
    return { requestId };
  },
});

export const handler = onTask(deliver, () => ({ cases: cases(), now }));
