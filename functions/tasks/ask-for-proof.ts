import { askForProof as asked, longestWait } from '../../domain/proof.ts';
import { cases, counters, now, seals } from '../aws/from-env.ts';
import { type MailPlaceDeps, placeForMail } from '../lib/place-for-mail.ts';
import { readConfig } from '../lib/settings.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';

type Deps = StepDeps & MailPlaceDeps;

/** Sends the mail that proves the address, as soon as the address may get one: nothing is read anywhere before it is answered. */
export const askForProof = step(async ({ requestId }: OfRequest, deps: Deps) => {
  const { status, silent, person } = (await deps.cases.read(requestId)).request;
  if (status !== 'RECEIVED') return;
  const from = silent ? undefined : await placeForMail(person.email, longestWait, deps);
  await deps.cases.change(requestId, (held) => asked(held, from, deps.now()));
});

export const handler = onTask(askForProof, () => ({
  cases: cases(),
  counters: counters(),
  seals: seals(),
  config: readConfig(),
  now,
}));
