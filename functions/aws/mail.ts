import { randomBytes } from 'node:crypto';
import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { Threshold } from '../../domain/alarms.ts';
import { firstFile } from '../../domain/answer-layout.ts';
import { actor, type Change, ownerOf } from '../../domain/change.ts';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { decidersOf } from '../../domain/deciders.ts';
import { openProposal } from '../../domain/four-eyes.ts';
import { inForce } from '../../domain/gathering.ts';
import { handlerOf } from '../../domain/hand-over.ts';
import { stillWanted } from '../../domain/housekeeping.ts';
import { ownersDay } from '../../domain/owner-time.ts';
import { lastEnd, packagesOf } from '../../domain/package.ts';
import { suspendedBy } from '../../domain/question.ts';
import { codeFrom, digitsFrom } from '../../domain/reference.ts';
import { addressFor } from '../../domain/representation.ts';
import { type Case, type Right, refusesRest, sendsAccess } from '../../domain/request.ts';
import { extendable, mostUrgent, openAsk } from '../../domain/urgency.ts';
import { calendarOf } from '../../web/calendar.ts';
import { dayIn } from '../../web/format.ts';
import { type LetterFacts, letter } from '../../web/mail/letters.tsx';
import { mailTexts } from '../../web/mail/texts.ts';
import { env } from '../lib/env.ts';
import { log } from '../lib/log.ts';
import { mapNow } from '../lib/request-map.ts';
import type { Cases } from './cases.ts';
import type { EvidenceFiles } from './evidence.ts';
import { type MimeFacts, mimeOf } from './mime.ts';
import type { Outbox, OutboxMail } from './outbox.ts';
import { tagHeader } from './ses-event.ts';
import type { Write } from './table.ts';
import { mint, newCode, newFeed, type Purpose } from './tokens.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Which link each mail carries, where it leads, and how long it works (security.md 3.3). */
const links: Partial<Record<OutboxMail['template'], { purpose: Purpose; path: string; life: number }>> = {
  confirm: { purpose: 'confirm', path: 'c', life: 72 * hour },
  receipt: { purpose: 'status', path: 'r', life: 120 * day },
  start: { purpose: 'dpo', path: 'dpo', life: 60 * day },
  decide: { purpose: 'dpo', path: 'dpo', life: 60 * day },
  lacking: { purpose: 'dpo', path: 'dpo', life: 60 * day },
  'handed-over': { purpose: 'dpo', path: 'dpo', life: 60 * day },
  second: { purpose: 'dpo', path: 'dpo', life: 60 * day },
  'needs-person': { purpose: 'dpo', path: 'dpo', life: 60 * day },
  'owner-task': { purpose: 'owner', path: 'o', life: 30 * day },
  'owner-reminder': { purpose: 'owner', path: 'o', life: 30 * day },
  ready: { purpose: 'download', path: 'd', life: 14 * day },
  partly: { purpose: 'download', path: 'd', life: 14 * day },
  answered: { purpose: 'status', path: 'r', life: 120 * day },
  'time-limit': { purpose: 'dpo', path: 'dpo', life: 60 * day },
  'person-answered': { purpose: 'dpo', path: 'dpo', life: 60 * day },
  extended: { purpose: 'status', path: 'r', life: 120 * day },
  asked: { purpose: 'status', path: 'r', life: 120 * day },
  calendar: { purpose: 'calendar', path: 'calendar', life: 400 * day },
  remind: { purpose: 'confirm', path: 'c', life: 72 * hour },
  'new-link': { purpose: 'status', path: 'r', life: 120 * day },
  unproven: { purpose: 'dpo', path: 'dpo', life: 60 * day },
  expiring: { purpose: 'download', path: 'd', life: 14 * day },
  undelivered: { purpose: 'dpo', path: 'dpo', life: 60 * day },
};

interface Office {
  readonly outbox: Outbox;
  readonly cases: Cases;
  readonly config: Config;
  /** The deployed one. */
  readonly map: DataMap;
  readonly files: EvidenceFiles;
  readonly now: () => Date;
  readonly ses?: SESClient;
}

interface Recipient {
  readonly email: string;
  readonly language: 'da' | 'en';
  readonly staff: boolean;
}

/** The address is looked up when the mail goes out: it stands in one place only. */
const recipientOf = (
  { to, template }: OutboxMail,
  held: Case,
  { config, map }: Pick<Office, 'config' | 'map'>,
): Recipient => {
  if (to === 'subject') {
    return { email: addressFor(template, held.request), language: held.request.language, staff: false };
  }
  const handler = handlerOf(held.request.handedTo?.key, config);
  const decider = decidersOf(config).find(({ key }) => to === `dpo:${key}`) ?? handler;
  if (decider && to.startsWith('dpo')) return { ...decider, staff: true };
  const { system, place } = ownerOf(to);
  const owner = map.systems[system]?.owner;
  const email = place === undefined ? owner?.email : owner?.deputies?.[place - 1];
  const { language } = owner ?? config.dpo;
  return { email: email ?? config.dpo.email, language, staff: true };
};

/** A download's link ends with the file, whenever it was mailed. */
const endOf = ({ purpose, life }: { purpose: Purpose; life: number }, { request }: Case, now: Date): Date => {
  const end = new Date(now.getTime() + life);
  const last = purpose === 'download' ? lastEnd(request) : undefined;
  const file = last ? new Date(last) : end;
  return file < end ? file : end;
};

/** Link and code of a mail, made as it goes out: nothing that opens anything rests in the table in clear (decisions.md 10). */
const secretsOf = (
  mail: OutboxMail,
  held: Case,
  now: Date,
): { link?: string; code?: string; until?: Date; writes: Write[] } => {
  if (mail.template === 'code' || mail.template === 'decider-code') {
    const code = digitsFrom(randomBytes(64));
    return { code, writes: [newCode(mail.about ?? '', code, now)] };
  }
  const kind = links[mail.template];
  if (!kind) return { writes: [] };
  const { requestId, reference } = held.request;
  const until = endOf(kind, held, now);
  const code = kind.purpose === 'confirm' ? codeFrom(randomBytes(64)) : undefined;
  const about = kind.purpose === 'owner' ? mail.about : undefined;
  const facts = { purpose: kind.purpose, requestId, reference, recipient: mail.to, about };
  const { token, hash, write } = mint({ ...facts, expiresAt: until, ...(code ? { code } : {}) });
  const writes = mail.template === 'calendar' ? [write, newFeed(hash)] : [write];
  // What the person's link leads to is in their language, also when it has ended.
  const language = mail.to === 'subject' ? `?lang=${held.request.language}` : '';
  return { link: `${env('BASE_URL').BASE_URL}/${kind.path}/${token}${language}`, code, until, writes };
};

const toOwner: readonly OutboxMail['template'][] = ['owner-task', 'owner-reminder', 'task-ended'];

/** What an owner is asked, and by when. */
const taskOf = (mail: OutboxMail, held: Case, { language }: Recipient, { map, config, now }: Office) => {
  const system = mail.about ? map.systems[mail.about] : undefined;
  if (!toOwner.includes(mail.template) || !system) return undefined;
  const { name: owner, deputies = [] } = system.owner;
  const reader = { deputy: ownerOf(mail.to).place !== undefined, deputies: deputies.length > 0 };
  const { day, urgent } = ownersDay(held, mail.about ?? '', config, now());
  const task = { owner, ...reader, urgent, system: system.title[language] };
  return { day, task: { ...task, instructions: system.instructions?.[language] } };
};

const systemsOf = (held: Case, { language }: Recipient, { map }: Office): LetterFacts['systems'] =>
  inForce(held).map(({ system, ...source }) => ({ ...source, title: map.systems[system]?.title[language] ?? system }));

/** Which alarm a mail is: by its cause, the date that it counts down to. */
const alarmOf = (mail: OutboxMail, due = ''): Pick<LetterFacts, 'threshold' | 'unpaused'> => {
  if (mail.template !== 'time-limit') return {};
  const [, date = due] = mail.cause.split('@');
  return { threshold: mail.about as Threshold, ...(date < due ? { unpaused: date } : {}) };
};

const questionOf = (held: Case, { timeZone }: Config): LetterFacts['question'] => {
  const open = openAsk(held.request);
  return open && suspendedBy(held, open, timeZone);
};

const factsOf = (mail: OutboxMail, held: Case, to: Recipient, office: Office): LetterFacts => {
  const { config, now } = office;
  const { request, rights } = held;
  const extended = mail.template === 'extended' ? mail.about?.split(' ') : undefined;
  const asked = taskOf(mail, held, to, office);
  const first = rights.find(({ right }) => extended?.includes(right)) ?? mostUrgent(rights) ?? rights[0];
  return {
    language: to.language,
    organisation: config.organisation,
    dpo: config.dpo,
    timeZone: config.timeZone,
    reference: request.reference,
    rights: rights.map(({ right }) => right),
    receivedAt: request.receivedAt,
    strictDate: asked?.day ?? first?.deadline.strictDate ?? '',
    due: first?.deadline.due,
    systems: to.staff ? systemsOf(held, to, office) : undefined,
    task: asked?.task,
    outcomes: rights.flatMap((each) =>
      each.decision ? [{ right: each.right, ...each.decision, rest: refusesRest(each) }] : [],
    ),
    opensWith: firstFile(request.language, sendsAccess(rights)),
    files: packagesOf(request).at(-1)?.parts.length,
    rest: (request.sent?.length ?? 0) > 0,
    parts: request.sent?.length,
    behalf: request.authority?.answerTo,
    nothingHeld: request.manifest && !request.sent && inForce(held).every(({ state }) => state === 'EMPTY'),
    lost: request.manifest?.lost?.reduce((sum, { count }) => sum + count, 0),
    authority: complaintBody(config.country),
    sends: request.manifest?.heldBack && request.manifest,
    anew: request.madeAnew === request.round,
    status: to.staff ? request.status : undefined,
    proposed: openProposal(held) !== undefined,
    ...alarmOf(mail, first?.deadline.due),
    extendBy: extendable(rights, dayIn(config.timeZone, now())).length > 0 ? first?.deadline.firstMonthEnd : undefined,
    extension: first?.extension && { ...first.extension, rights: (extended ?? []) as Right[] },
    question: questionOf(held, config),
    problem: request.needsPerson,
    undelivered: request.undelivered?.find(({ mail: id }) => id === mail.about),
  };
};

const withCalendar: readonly OutboxMail['template'][] = ['start', 'decide', 'time-limit', 'owner-task'];

/** The last day as a file for the reader's calendar: the law's for the DPO, an owner's own for them. */
const calendarFor = (mail: OutboxMail, facts: LetterFacts, { request }: Case, now: Date): MimeFacts['calendar'] => {
  if (!withCalendar.includes(mail.template)) return undefined;
  const { reference } = request;
  const say = mailTexts(facts.language);
  const owner = facts.task !== undefined;
  const title = owner ? 'calendar.event-owner' : 'calendar.event';
  const day = {
    uid: `${owner ? `${mail.about}.` : ''}${reference}`,
    date: owner ? facts.strictDate : (facts.due ?? facts.strictDate),
    title: say(title, { reference, system: facts.task?.system ?? '' }).replaceAll(/\s+/g, ' '),
    text: say(owner ? 'calendar.event-owner-text' : 'calendar.event-text'),
    sequence: request.version,
  };
  return { name: `${reference}.ics`, content: calendarOf(day.title, [day], now) };
};

/** A second mail for one cause stands on record: nobody knows what became of the first. */
const resent =
  ({ template, attempts }: OutboxMail, key: string) =>
  ({ request }: Case): Change => {
    const facts = { mail: key.slice('MAIL#'.length), template, attempts };
    return { request, audit: actor('workflow', 'MAIL_RESENT_AFTER_UNKNOWN', facts) };
  };

/** SES may have taken the mail, or not. The mail stays taken: nobody tries again before SES's event had its time to come. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** An answer of SES's own, and no lost one. */
const wasAnswered = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;

const unknown = (): never => {
  throw new OutcomeUnknown('SES may have taken it');
};

/**
 * Sends mails of the outbox through SES, each taken by one sender only. The client tries once: a second try after a lost answer would be a
 * second mail that no record tells of (security.md 3.6); the outbox tries again, on record.
 */
export const postOffice = (office: Office) => {
  const { outbox, cases, config, now, ses = new SESClient({ maxAttempts: 1 }) } = office;
  const { CONFIGURATION_SET } = env('CONFIGURATION_SET');

  const compose = async (mail: OutboxMail, key: string, held: Case) => {
    const map = mail.to === 'subject' ? office.map : await mapNow(held.request, office.map, office.files);
    const to = recipientOf(mail, held, { config, map });
    const { writes, until, ...secrets } = secretsOf(mail, held, now());
    const facts = { ...factsOf(mail, held, to, { ...office, map }), ...secrets, linkExpiresAt: until?.toISOString() };
    const calendar = calendarFor(mail, facts, held, now());
    const message = await mimeOf({
      ...(calendar ? { calendar } : {}),
      ...letter(mail.template, facts),
      from: config.mail.from,
      fromName: config.organisation.name,
      to: to.email,
      reference: held.request.reference,
      mailId: key.slice('MAIL#'.length),
      domain: config.mail.from.split('@')[1] ?? config.mail.identity,
      staff: to.staff,
      language: to.language,
      headers: {
        'X-SES-CONFIGURATION-SET': CONFIGURATION_SET,
        'X-SES-MESSAGE-TAGS': tagHeader(held.request.requestId, key.slice('MAIL#'.length)),
      },
    });
    return { to, message, writes };
  };

  return async (requestId: string, key: string): Promise<void> => {
    const mail = await outbox.take(requestId, key, now());
    if (!mail) return;
    const held = await cases.read(requestId);
    if (!stillWanted(held, mail)) return outbox.drop(requestId, key);
    const { to, message, writes } = await compose(mail, key, held);
    if (writes.length > 0) await outbox.write(writes);
    if (mail.takenFrom === 'SENDING') await cases.change(requestId, resent(mail, key));
    const raw = { Source: config.mail.from, Destinations: [to.email], RawMessage: { Data: message } };
    const { MessageId = '' } = await ses.send(new SendRawEmailCommand(raw)).catch((error: unknown) => {
      if (wasAnswered(error)) throw error;
      return unknown();
    });
    await outbox.sent(requestId, key, MessageId, now()).catch(unknown);
    log.info('mail sent', { requestId, template: mail.template });
  };
};
