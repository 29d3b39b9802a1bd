import type { Config } from '../../domain/config.ts';
import { comparable } from '../../domain/identity.ts';
import type { Counters } from '../aws/counters.ts';
import type { Seals } from '../aws/seals.ts';

export interface MailPlaceDeps {
  readonly seals: Pick<Seals, 'pseudonym'>;
  readonly counters: Counters;
  readonly config: Pick<Config, 'limits'>;
  readonly now: () => Date;
}

/** A day, and an hour for a mail that went out later than its place. */
const window = 90_000;

/**
 * When an address that nobody has proven may get one more mail, whatever it is for: at once, or later, so that in no 24 hours it gets
 * more than it may (T16). The place is taken. Undefined when it would have to wait longer than `days`.
 */
export const placeForMail = async (
  email: string,
  days: number,
  { seals, counters, config, now }: MailPlaceDeps,
): Promise<Date | undefined> => {
  const name = await seals.pseudonym(`address ${comparable(email)}`);
  const pace = { limit: config.limits.mailsPerAddressPerDay, seconds: window, wait: days * 86_400 };
  return counters.place(`address ${name}`, pace, now());
};
