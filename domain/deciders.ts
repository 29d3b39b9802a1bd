import { sha256 } from './canonical.ts';
import { actor, type Change } from './change.ts';
import type { Config, Language } from './config.ts';
import { comparable } from './identity.ts';
import type { Case } from './request.ts';

/** Somebody of the configuration who may decide. */
export interface Decider {
  /** Names the person where no name or address may stand: a person is their address. */
  readonly key: string;
  /** What the record calls them: `dpo`, `deputy-1` ... */
  readonly role: string;
  readonly name: string;
  readonly email: string;
  readonly language: Language;
}

const keyOf = (email: string): string => sha256(`decider ${comparable(email)}`).slice(0, 16);

/** Everybody who may decide, the DPO first. */
export const decidersOf = ({ dpo }: Pick<Config, 'dpo'>): Decider[] =>
  [dpo, ...(dpo.deputies ?? [])].map(({ name, email, language }, place) => ({
    key: keyOf(email),
    role: place === 0 ? 'dpo' : `deputy-${place}`,
    name,
    email,
    language,
  }));

/** Notes who of them did it, where the act does not say more; without somebody it was done by the link alone. */
export const doneBy = (change: Change, by: Decider | undefined): Change =>
  by ? { ...change, audit: { ...change.audit, facts: { by: by.role, ...change.audit.facts } } } : change;

/** Mails a person of the configuration the code with which they decide. `code`: the hash that it will stand under. */
export const askForDecidersCode = (held: Case, { key, role }: Decider, code: string, now: Date): Change => ({
  request: held.request,
  mails: [{ template: 'decider-code', to: `dpo:${key}`, cause: `code-${now.toISOString()}`, about: code }],
  audit: actor('dpo', 'DECIDER_CODE_ASKED', { by: role }),
});
