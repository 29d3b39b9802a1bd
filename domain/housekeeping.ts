import { actor, type Change, type MailDraft, type Template } from './change.ts';
import { askedAt, type Chore, type ChoreName, choreKey } from './chores.ts';
import { awaitsOwner } from './gathering.ts';
import { ownerReminders } from './owner-time.ts';
import { close } from './recovery.ts';
import { type Case, isOver, type Request } from './request.ts';
import { isUnreachable } from './undelivered.ts';

const noted = ({ chores = {}, ...request }: Request, name: string, now: Date): Request => ({
  ...request,
  chores: { ...chores, [name]: now.toISOString() },
});

const told = (held: Case, name: string, mails: readonly MailDraft[], now: Date): Change => ({
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
type OwnerChore = 'owner-50' | 'owner-80';
const doings: Readonly<Record<Exclude<RecordChore, OwnerChore | 'remind-expiry'>, Remind>> = {
  'remind-3': remindProof('remind-3'),
  'remind-7': remindProof('remind-7'),
  'tell-dpo': (held, _, now) => told(held, 'tell-dpo', [{ template: 'unproven', to: 'dpo', cause: 'unproven' }], now),
  close: (held, _, now) => close(held, now),
};

const remindFetch = (held: Case, chore: Chore, late: boolean, now: Date): Change => {
  const name = choreKey(chore);
  return told(held, name, late ? [] : [{ template: 'expiring', to: 'subject', cause: name }], now);
};

const isOwners = (name: RecordChore): name is OwnerChore => name === 'owner-50' || name === 'owner-80';

/** Does what is due about the record. `deputies`: how many the chore's system has. */
export const doChore = (
  held: Case,
  chore: Chore & { readonly name: RecordChore },
  { mayMail, deputies }: { readonly mayMail: boolean; readonly deputies: number },
  now: Date,
): Change => {
  const { name, until } = chore;
  const late = until !== undefined && until <= now.toISOString();
  if (name === 'remind-expiry') return remindFetch(held, chore, late, now);
  if (!isOwners(name)) return doings[name](held, mayMail, now);
  return told(held, choreKey(chore), late ? [] : ownerReminders(chore, deputies), now);
};

/** Whether a chore is a mail to an address that has not been proven: such mails are counted. */
export const remindsUnproven = ({ request }: Case, name: ChoreName): boolean =>
  (name === 'remind-3' || name === 'remind-7') && !isUnreachable(request);

const closing: readonly Template[] = [
  'expired',
  'closed',
  'answered',
  'needs-person',
  'undelivered',
  'withdrawn',
  'case-withdrawn',
  'task-ended',
];

/**
 * Whether a mail is still wanted when it goes out: after the end only the one that tells of it, nothing once its reader is forgotten, and
 * no reminder of what was answered meanwhile.
 */
export const stillWanted = (held: Case, { template, about }: Pick<MailDraft, 'template' | 'about'>): boolean => {
  const { status, purgedAt } = held.request;
  if (template === 'owner-reminder') return awaitsOwner(held, about ?? '');
  return !purgedAt && (!isOver(status) || closing.includes(template));
};
