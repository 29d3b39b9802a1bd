import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Config, Language } from '../../domain/config.ts';
import { localDate } from '../../domain/deadline.ts';
import {
  type Answers,
  type FormStep,
  fieldsOf,
  formSteps,
  isComplete,
  isTrapped,
  nextStep,
  requestOf,
  stamp as stampField,
  validateStep,
} from '../../domain/form.ts';
import { comparable } from '../../domain/identity.ts';
import { receive } from '../../domain/intake.ts';
import { parseReference, referenceFrom } from '../../domain/reference.ts';
import { inLanguage } from '../../web/frame.ts';
import { accessibilityPage } from '../../web/pages/accessibility.tsx';
import { formPage } from '../../web/pages/form.tsx';
import { sentPage } from '../../web/pages/sent.tsx';
import { startPage } from '../../web/pages/start.tsx';
import type { Cases } from '../aws/cases.ts';
import type { Counters } from '../aws/counters.ts';
import { cases, counters, now, seals } from '../aws/from-env.ts';
import type { Seals } from '../aws/seals.ts';
import { type Frame, type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, type Handle, onPage, Refusal, type Visit } from '../lib/page.ts';
import { readConfig, rulesOf } from '../lib/settings.ts';

interface Deps {
  readonly cases: Cases;
  readonly counters: Counters;
  readonly seals: Seals;
  readonly config: Config;
  readonly look: Look;
  readonly now: () => Date;
}

const cookie = '__Host-form';
/** Two hours: long enough for a call to find a customer number. */
const seconds = 7_200;
/** Nobody fills in the form faster. */
const fastest = 3;

const answersOf = async ({ cookies }: Visit, { seals: keys }: Deps): Promise<Partial<Answers>> => {
  const opened = await keys.open(cookies.get(cookie) ?? '');
  return opened ? (JSON.parse(inflateRawSync(opened).toString('utf8')) as Partial<Answers>) : {};
};

/** Browsers keep cookies of 4 kB; deflated, the longest answers of every field fit in any script but random signs. */
const cookieLimit = 3_900;

const kept = async (answers: Partial<Answers>, { seals: keys }: Deps): Promise<string> => {
  const sealed = await keys.seal(deflateRawSync(JSON.stringify(answers)));
  if (sealed.length > cookieLimit) throw new Refusal(413);
  return `${cookie}=${sealed}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;
};

const gone = `${cookie}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`;

/** A page of the form. Somebody who comes to a later page first is sent to the first unanswered one. */
const showStep = async (
  step: FormStep,
  visit: Visit,
  frame: Frame,
  deps: Deps,
  again?: { readonly stamp?: string },
): Promise<Answer> => {
  const answers = await answersOf(visit, deps);
  const next = nextStep(answers);
  if (formSteps.indexOf(next) < formSteps.indexOf(step)) return { location: inLanguage(frame, `/${next}`) };
  const stamp = step === 'check' ? (again?.stamp ?? (await deps.seals.stamp(deps.now()))) : undefined;
  const shown = { step, answers, fields: fieldsOf(step, answers), errors: {}, stamp, notSent: again !== undefined };
  return { html: formPage({ ...frame, ...shown }) };
};

const takeStep = async (step: FormStep, visit: Visit, frame: Frame, deps: Deps): Promise<Answer> => {
  const answers = await answersOf(visit, deps);
  const result = validateStep(step, visit.fields, answers);
  if ('malformed' in result) throw new Refusal(400);
  if ('errors' in result) {
    return { status: 400, html: formPage({ ...frame, step, answers, fields: result.kept, errors: result.errors }) };
  }
  // Somebody who came back from the check page to change one answer goes straight back to it.
  const next = formSteps[formSteps.indexOf(step) + 1] ?? 'check';
  const to = isComplete(result.answers) ? 'check' : next;
  return { location: inLanguage(frame, `/${to}`), cookies: [await kept(result.answers, deps)] };
};

const mustBeFew = async (
  { client }: Visit,
  { seals: keys, counters: count, config, now: clock }: Deps,
): Promise<void> => {
  const name = await keys.pseudonym(`client ${client}`);
  const few = await count.allow(`client ${name}`, config.limits.requestsPerClientPerHour, 3_600, clock());
  if (!few) throw new Refusal(429);
  if (!(await count.allow('all', config.limits.requestsPerHour, 3_600, clock()))) throw new Refusal(503);
};

/**
 * Receives the request: nothing is looked up before the answer, so that a customer, a stranger, a duplicate and one too many get the same
 * page in the same way. The same form sent twice is one request: its id comes from the form's own stamp.
 */
const send = async (visit: Visit, frame: Frame, deps: Deps): Promise<Answer> => {
  const answers = await answersOf(visit, deps);
  const result = validateStep('check', visit.fields, answers);
  if ('malformed' in result) throw new Refusal(400);
  if (!isComplete(answers)) return { location: inLanguage(frame, `/${nextStep(answers)}`) };
  const stamp = visit.fields.get(stampField)?.[0] ?? '';
  const stamped = await deps.seals.readStamp(stamp, deps.now());
  if (!stamped || stamped.age > seconds) return showStep('check', visit, frame, deps, {});
  // A quick person must not be lost: the page says that nothing was sent, and under the same stamp the next click counts.
  if (stamped.age < fastest) return showStep('check', visit, frame, deps, { stamp });
  await mustBeFew(visit, deps);
  const id = await deps.seals.idFrom(stamped.nonce);
  const reference = referenceFrom(id);
  // A machine gets the page that people get, and nothing else.
  if (!isTrapped(visit.fields)) await record(answers, id, reference, visit, deps);
  const received = localDate(deps.now().toISOString(), deps.config.timeZone);
  return { location: `/sent/${reference}?on=${received}&lang=${frame.language}`, cookies: [gone] };
};

/** One client has places for two days in the queue of an address, so that it does not fill what its owner needs (T16). */
const crowds = async (
  email: string,
  { client }: Visit,
  { config, counters: count, ...deps }: Deps,
): Promise<boolean> => {
  const name = await deps.seals.pseudonym(`address ${comparable(email)} client ${client}`);
  return !(await count.allow(`address-client ${name}`, 2 * config.limits.mailsPerAddressPerDay, 86_400, deps.now()));
};

const record = async (answers: Answers, id: Buffer, reference: string, visit: Visit, deps: Deps): Promise<void> => {
  const { config } = deps;
  const { person, rights, language } = requestOf(answers);
  const requestId = `r${id.subarray(8, 24).toString('hex')}`;
  const evidence = `evidence/${randomBytes(16).toString('hex')}`;
  const rules = rulesOf(config);
  // Too many to this address: recorded, not sent, and answered the same (T14, T16).
  const silent = await crowds(person.email, visit, deps);
  const intake = { requestId, reference, evidence, language, person, rights, silent };
  await deps.cases.create(receive(intake, rules, deps.now()));
};

/** `2026-02-31` parses, as a day in March. */
const isDay = (text: string): boolean =>
  !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

/** What was just sent: by when an answer comes is told of a day that has been, whoever wrote the address. */
const sent = (visit: Visit, frame: Frame, { config, now: clock }: Deps): Answer => {
  const reference = parseReference(visit.parameters.reference ?? '');
  const on = visit.query.get('on') ?? '';
  const today = localDate(clock().toISOString(), config.timeZone);
  if (!reference || !/^20\d\d-\d\d-\d\d$/.test(on) || !isDay(on) || on > today) throw new Refusal(404);
  return { html: sentPage({ ...frame, reference, receivedOn: on }) };
};

const intakePages = (deps: Deps): Record<string, Handle> => {
  const frameOf = (visit: Visit, preferred?: Language) => deps.look(visit, preferred);
  const step =
    (name: Exclude<FormStep, 'check'>): Handle =>
    (visit) =>
      visit.method === 'GET'
        ? showStep(name, visit, frameOf(visit), deps)
        : takeStep(name, visit, frameOf(visit), deps);
  const asking = formSteps.filter((name) => name !== 'check').map((name) => [`ANY /${name}`, step(name)] as const);
  return {
    'GET /': (visit) => ({ html: startPage(frameOf(visit)) }),
    'GET /accessibility': (visit) => ({ html: accessibilityPage(frameOf(visit)) }),
    ...Object.fromEntries(asking),
    'ANY /check': (visit) =>
      visit.method === 'GET' ? showStep('check', visit, frameOf(visit), deps) : send(visit, frameOf(visit), deps),
    'GET /sent/{reference}': (visit) => sent(visit, frameOf(visit), deps),
  };
};

export const handler = onPage(
  siteOf,
  () => intakePages({ cases: cases(), counters: counters(), seals: seals(), config: readConfig(), look: look(), now }),
  { tellSigns: true },
);
