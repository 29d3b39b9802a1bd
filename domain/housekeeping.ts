import { actor, type Change, type MailDraft, type Template } from './change.ts';
import { askedAt, type ChoreName } from './chores.ts';
import { close } from './recovery.ts';
import { type Case, isOver, type Request } from './request.ts';
import { isUnreachable } from './undelivered.ts';

const noted = ({ chores = {}, ...request }: Request, name: ChoreName, now: Date): Request => ({
  ...request,
  chores: { ...chores, [name]: now.toISOString() },
});

const told = (held: Case, name: ChoreName, mails: readonly MailDraft[], now: Date): Change => ({
  request: noted(held.request, name, now),
  mails,
  audit: actor('housekeeping', mails.length > 0 ? 'REMINDED' : 'REMINDER_LEFT_OUT', { chore: name }),
});

/** `mayMail`: whether this address may get another mail now (T16). */
type Remind = (held: Case, mayMail: boolean, now: Date) => Change;

const sevenDays = 7 * 86_400_000;

const remindProof =
  (name: 'remind-3' | 'remind-7'): Remind =>
  (held, mayMail, now) => {
    const { silent: _, ...request } = held.request;
    const late = name === 'remind-3' && now.getTime() - Date.parse(askedAt(request)) >= sevenDays;
    if (late || isUnreachable(request) || !mayMail) return told(held, name, [], now);
    return told({ ...held, request }, name, [{ template: 'remind', to: 'subject', cause: name }], now);
  };

/** What housekeeping does at each date, but for purging, which reaches beyond the record. */
export type RecordChore = Exclude<ChoreName, 'purge-package' | 'purge-evidence' | 'purge' | 'ledger'>;
const doings: Readonly<Record<RecordChore, Remind>> = {
  'remind-3': remindProof('remind-3'),
  'remind-7': remindProof('remind-7'),
  'tell-dpo': (held, _, now) => told(held, 'tell-dpo', [{ template: 'unproven', to: 'dpo', cause: 'unproven' }], now),
  'remind-expiry': (held, _, now) =>
    told(held, 'remind-expiry', [{ template: 'expiring', to: 'subject', cause: 'expiring' }], now),
  close: (held, _, now) => close(held, now),
};

/** Does what is due about the record. */
export const doChore = (held: Case, name: RecordChore, mayMail: boolean, now: Date): Change =>
  doings[name](held, mayMail, now);

/** Whether a chore is a mail to an address that has not been proven: such mails are counted. */
export const remindsUnproven = ({ request }: Case, name: ChoreName): boolean =>
  (name === 'remind-3' || name === 'remind-7') && !isUnreachable(request);

const closing: readonly Template[] = ['expired', 'closed', 'answered', 'needs-person', 'undelivered'];

/** Whether a mail is still wanted when it goes out: after the end only the one that tells of it, and nothing once its reader is forgotten. */
export const stillWanted = ({ status, purgedAt }: Request, template: Template): boolean =>
  !purgedAt && (!isOver(status) || closing.includes(template));
