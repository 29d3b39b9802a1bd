import { askForProof as asked } from '../../domain/proof.ts';
import { cases, now } from '../aws/from-env.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';

/** Sends the mail that proves the address: nothing is read anywhere before it is answered. */
export const askForProof = step(async ({ requestId }: OfRequest, deps: StepDeps) => {
  await deps.cases.change(requestId, (held) => asked(held, deps.now()));
});

export const handler = onTask(askForProof, () => ({ cases: cases(), now }));
