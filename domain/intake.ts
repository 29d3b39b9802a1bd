import { emptyChain } from './audit.ts';
import type { Change } from './change.ts';
import type { Person, Request, Right } from './request.ts';
import { limitOf, type Rules } from './time-limit.ts';

/** What a form gives, checked, and what the function adds: ids and the random place of its evidence. */
export interface Intake {
  readonly requestId: string;
  readonly reference: string;
  readonly evidence: string;
  readonly language: 'da' | 'en';
  readonly person: Person;
  readonly rights: readonly Right[];
  /** Too many mails went to this address: the request is recorded, and sends no first mail. */
  readonly silent: boolean;
}

const day = 86_400_000;

/** Receives a request: the clock of Art. 12(3) starts now, whoever asked; the first segment of the workflow is commanded. */
export const receive = (intake: Intake, rules: Rules, now: Date): Change => {
  const receivedAt = now.toISOString();
  const { rights, silent, ...given } = intake;
  const request: Request = {
    ...given,
    ...(silent ? { silent } : {}),
    schemaVersion: 1,
    version: 0,
    receivedAt,
    status: 'RECEIVED',
    round: 0,
    downloads: 0,
    segment: { n: 1, step: 'prove', at: receivedAt },
    confirmMails: 0,
    audit: emptyChain,
    nextActionAt: new Date(now.getTime() + day).toISOString(),
  };
  return {
    request,
    rights: rights.map((right) => ({ right, status: 'RECEIVED', deadline: limitOf({ receivedAt }, { right }, rules) })),
    audit: { what: 'RECEIVED', by: 'subject', facts: { rights: rights.join(' '), channel: 'form' } },
    goOn: true,
  };
};
