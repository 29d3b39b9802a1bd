import type { Config } from '../../domain/config.ts';
import { comparable } from '../../domain/identity.ts';
import type { Counters } from '../aws/counters.ts';
import type { Seals } from '../aws/seals.ts';

export interface MayMailDeps {
  readonly seals: Pick<Seals, 'pseudonym'>;
  readonly counters: Counters;
  readonly config: Pick<Config, 'limits'>;
  readonly now: () => Date;
}

/** Whether an address that nobody has proven may get another mail today, and counts it: whatever it is for (T16). */
export const mayMail = async (email: string, { seals, counters, config, now }: MayMailDeps): Promise<boolean> => {
  const name = await seals.pseudonym(`address ${comparable(email)}`);
  return counters.allow(`address-day ${name}`, config.limits.mailsPerAddressPerDay, 86_400, now());
};
