import { askToStart as asked } from '../../domain/gathering.ts';
import { cases, now } from '../aws/from-env.ts';
import { readConfig } from '../lib/settings.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';

interface Deps extends StepDeps {
  readonly policy: 'ask' | 'automatic';
}

/** Asks the DPO whether the request is proper; where the policy is automatic it starts gathering at once. */
export const askToStart = step(async ({ requestId }: OfRequest, deps: Deps) => {
  await deps.cases.change(requestId, (held) => asked(held, deps.policy, deps.now()));
});

export const handler = onTask(askToStart, () => ({ cases: cases(), now, policy: readConfig().start }));
