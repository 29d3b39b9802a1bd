import { decidersOf } from '../../domain/deciders.ts';
import { formsOf, type Page, textOf, Visitor } from './visitor.ts';
import type { Mail, Served as World } from './world.ts';

export const dpo = 'dpo@nordlys.example';

export interface Asking {
  readonly name: string;
  readonly email: string;
  readonly language?: 'da' | 'en';
  readonly rights?: readonly string[];
  readonly details?: string;
  readonly customerNumber?: string;
  readonly alsoKnownAs?: string;
  /** Whom it is about, when not the one who asks. */
  readonly behalfOf?: { readonly otherName: string; readonly relation: string };
}

/** A link of ours in a mail's text. */
export const linkIn = ({ text }: Pick<Mail, 'text'>, path: string): string => {
  const found = new RegExp(`https?://\\S+/${path}/[\\w-]{43}`).exec(text)?.[0];
  if (!found) throw new Error(`no /${path}/ link in: ${text}`);
  return found;
};

const codeIn = ({ text }: Pick<Mail, 'text'>, pattern: RegExp): string => {
  const found = pattern.exec(text)?.[1];
  if (!found) throw new Error(`no code in: ${text}`);
  return found.replaceAll(/[\s-]/g, '');
};

/** The case number's last four signs. */
export const last4 = (reference: string): string => reference.replaceAll('-', '').slice(-4);

export const expectStatus = (page: Page, status: number): Page => {
  if (page.status !== status)
    throw new Error(`${page.url}: ${page.status}, not ${status}: ${textOf(page.html).slice(0, 500)}`);
  return page;
};

/** Fills in the form from the start page to the page after sending; answers the case number. */
export const ask = async (world: World, who: Asking, visitor = new Visitor(world.site, who.language)) => {
  expectStatus(await visitor.get('/'), 200);
  const language = who.language ?? 'da';
  const { name, email } = who;
  const steps: Record<string, Record<string, string | readonly string[]>> = {
    want: { rights: who.rights ?? ['access'] },
    who: who.behalfOf ? { who: 'other', ...who.behalfOf } : { who: 'me' },
    you: { name, email, customerNumber: who.customerNumber ?? '', alsoKnownAs: who.alsoKnownAs ?? '' },
    details: { details: who.details ?? '' },
    answer: { language },
  };
  let page = await visitor.get(`/want?lang=${language}`);
  for (const fields of Object.values(steps)) page = expectStatus(await visitor.submit(page, fields), 200);
  // The form is signed with the time it was shown; people take longer than three seconds.
  await world.advance('PT10S');
  page = expectStatus(await visitor.submit(page, {}, 'stamp'), 200);
  const reference = /[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}/.exec(page.url)?.[0];
  if (!reference) throw new Error(`no case number at ${page.url}: ${textOf(page.html).slice(0, 500)}`);
  return { reference, page, visitor };
};

/** Opens the link in the mail and types the code beside it. */
export const prove = async (
  world: World,
  email: string,
  reference: string,
  visitor = new Visitor(world.site),
  newer?: Mail,
) => {
  const mail = newer ?? (await world.mail(email, new RegExp(reference)));
  const page = expectStatus(await visitor.get(linkIn(mail, 'c')), 200);
  // On a line of its own: a link's token can end like a code.
  const code = codeIn(mail, /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m);
  return { mail, page: expectStatus(await visitor.submit(page, { code }), 200), visitor };
};

export const dpoMail = (world: World, reference: string, pattern: RegExp) =>
  world.mail(dpo, new RegExp(`${reference}[\\s\\S]*${pattern.source}|${pattern.source}[\\s\\S]*${reference}`, 'i'));

/** The newest mail to the DPO that leads to the case. */
const newestToDpo = async (world: World, reference: string, count: number): Promise<Mail> => {
  for (let left = 600; left > 0; left -= 1) {
    const found = (await world.mails()).filter(
      ({ to, subject, text }) => to.includes(dpo) && subject.includes(reference) && text.includes('/dpo/'),
    );
    if (found.length >= count) return found.at(-1) as Mail;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`fewer than ${count} mails to the DPO about ${reference}`);
};

/** The DPO opens the newest mail's link. `count`: how many mails about the case there must be by then. */
export const openAsDpo = async (world: World, reference: string, count: number, visitor = new Visitor(world.site)) => {
  const mail = await newestToDpo(world, reference, count);
  return { mail, page: expectStatus(await visitor.get(linkIn(mail, 'dpo')), 200), visitor };
};

/** The DPO confirms that the request is proper. */
export const start = async (world: World, reference: string) => {
  const { page, visitor } = await openAsDpo(world, reference, 1);
  return expectStatus(await visitor.submit(page, { action: 'start', last4: last4(reference) }, 'last4'), 200);
};

/** The archive's owner answers. */
export const answerTask = async (
  world: World,
  reference: string,
  answer: 'found' | 'nothing' | 'not-me',
  text = '',
  after = 0,
) => {
  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference), after);
  const visitor = new Visitor(world.site);
  const page = expectStatus(await visitor.get(linkIn(mail, 'o')), 200);
  const said: Record<string, string> = answer === 'not-me' ? { name: text, text: '' } : { text };
  return expectStatus(await visitor.submit(page, { answer, ...said, last4: last4(reference) }, 'answer'), 200);
};

/** Ticks that the free text of every system was looked at. */
export const lookedAt = ({ html }: Pick<Page, 'html'>): string[] =>
  [...html.matchAll(/<input[^>]*name="looked"[^>]*>/g)].map(([tag]) => /value="([^"]*)"/.exec(tag)?.[1] ?? '');

/** Longer than a decision can be taken back: then the answer is sent. */
export const undoTime = 'PT16M';
/** What each site's DPO is remembered by: a real browser keeps it from case to case. */
const remembered = new Map<string, ReadonlyMap<string, string>>();
const decidersCookie = /^__Host-decider/;

/** Does what needs to know who decides; types the code that is mailed to `who` where the browser is not known yet. */
const asDecider = async (
  world: World,
  visitor: Visitor,
  who: string,
  ask: () => Promise<Page>,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<Page> => {
  for (const [name, value] of remembered.get(`${world.site} ${who}`) ?? []) visitor.cookies.set(name, value);
  const before = (await world.mails()).length;
  const asked = await ask();
  if (asked.status !== 200 || !asked.html.includes('name="code"')) return asked;
  const mail = await world.mail(who, /kode til at afgøre sagen/, before);
  const code = codeIn(mail, /\b(\d{4}[ -]?\d{4})\b/);
  const done = await visitor.submit(asked, { ...fields, code }, 'code');
  remembered.set(`${world.site} ${who}`, new Map([...visitor.cookies].filter(([name]) => decidersCookie.test(name))));
  return done;
};

/** Sends a form that decides. */
export const decide = (
  world: World,
  page: Page,
  visitor: Visitor,
  fields: Readonly<Record<string, string | readonly string[]>>,
  { having = 'manifest', who = dpo }: { having?: string; who?: string } = {},
): Promise<Page> => asDecider(world, visitor, who, () => visitor.submit(page, fields, having), fields);

/** Whether the page asks who wants to see what was gathered, in place of showing it. */
export const asksWho = ({ html }: Page): boolean => /value="(code-)?open"/.test(html);

/** What the forms call somebody who decides. */
const keyOf = (email: string): string => decidersOf({ dpo: { name: '', email, language: 'da' } })[0]?.key ?? '';

/** Opens a page of what was gathered. */
export const lookAt = (world: World, visitor: Visitor, path: string, who = dpo): Promise<Page> => {
  const named = { last4: last4(/request\/([\w-]+)/.exec(path)?.[1] ?? ''), person: keyOf(who) };
  const ask = async () => {
    const page = await visitor.get(path);
    return asksWho(page) ? visitor.submit(page, { action: 'code-open', ...named }, 'last4') : page;
  };
  return asDecider(world, visitor, who, ask, { action: 'open', ...named });
};

/** The DPO types the mailed code once: what comes after needs no mail to go through. */
export const beKnown = async (world: World, reference: string): Promise<void> => {
  const { visitor } = await openAsDpo(world, reference, 2);
  await lookAt(world, visitor, `/dpo/request/${reference}/data/crm/notes/0`);
};

/** The DPO approves every right on the manifest shown; answers its hash, as the page's form carried it, and the page after. */
export const approve = async (
  world: World,
  reference: string,
  rights: readonly string[] = ['access'],
  more = {},
  count = 2,
) => {
  const { page, visitor } = await openAsDpo(world, reference, count);
  const outcomes = Object.fromEntries(rights.map((right) => [`outcome-${right}`, 'approve']));
  const fields = { action: 'decide', ...outcomes, looked: lookedAt(page), last4: last4(reference), ...more };
  const shown = formsOf(page).find(({ names }) => names.includes('manifest'))?.hidden.manifest;
  const after = expectStatus(await decide(world, page, visitor, fields), 200);
  await world.advance(undoTime);
  return { shown, page: after };
};

/** The n-th mail to the person about the case with a link to a file. */
const mailWithFile = async (world: World, email: string, reference: string, n: number): Promise<Mail> => {
  for (let left = 600; left > 0; left -= 1) {
    const found = (await world.mails()).filter(
      ({ to, text }) => to.includes(email) && text.includes(reference) && /\/d\/[\w-]{43}/.test(text),
    )[n - 1];
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no mail ${n} with a download for ${reference}`);
};

/** The person asks for a code on the page behind the link, and has it; the page waits for it to be typed. */
export const askForFile = async (world: World, email: string, reference: string, n = 1) => {
  const visitor = new Visitor(world.site);
  const ready = await mailWithFile(world, email, reference, n);
  const before = (await world.mails()).length;
  const page = expectStatus(await visitor.get(linkIn(ready, 'd')), 200);
  const sent = expectStatus(
    await visitor.submit(page, { action: 'send-code', last4: last4(reference) }, 'action'),
    200,
  );
  const mail = await world.mail(email, /\d{4}[ -]?\d{4}/, before);
  return { ready, page: sent, code: codeIn(mail, /\b(\d{4}[ -]?\d{4})\b/), visitor };
};

type Asked = Awaited<ReturnType<typeof askForFile>>;

/** Presses the button of a file; answers what comes, without following it. */
export const pressOpen = (world: World, { page, code, visitor }: Asked, action = 'open'): Promise<Response> => {
  const body = new URLSearchParams({ code, action });
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie, origin: world.site };
  return fetch(page.url, { method: 'POST', body, headers, redirect: 'manual' });
};

/** The person opens the link, asks for a code, types it, and gets the ZIP's bytes. `n`: which mail with a link; `action`: which file. */
export const download = async (world: World, email: string, reference: string, n = 1, action = 'open') => {
  const asked = await askForFile(world, email, reference, n);
  const { visitor } = asked;
  const opened = await pressOpen(world, asked, action);
  const location = opened.headers.get('location') ?? '';
  if (opened.status !== 303) throw new Error(`no file: ${opened.status} ${textOf(await opened.text()).slice(0, 300)}`);
  const response = await fetch(location);
  return {
    location,
    zip: Buffer.from(await response.arrayBuffer()),
    status: response.status,
    headers: response.headers,
    visitor,
  };
};

/** Chooses who one is at the demonstration's issuer, in a browser of its own; answers the address that it sends the browser back to. */
export const asAtIssuer = async (who: string, address: URL): Promise<URL> => {
  const browser = new Visitor(address.origin);
  const asked = expectStatus(await browser.get(address.href), 200);
  const { location } = await browser.redirect(asked.url, { who });
  const back = await browser.redirect(location);
  return new URL(back.location);
};

/** Signs in as a colleague of the demonstration; answers the page that the issuer leads back to. */
export const signInAs = async (visitor: Visitor, who = 'dorte'): Promise<Page> => {
  const { location } = await visitor.redirect('/dpo/sign-in/begin');
  return visitor.get((await asAtIssuer(who, new URL(location))).href);
};

/** The page of the files of an owner's task. */
export const filesOf = (visitor: Visitor, task: Page): Promise<Page> =>
  visitor.get(`${task.url.replace(/(\/files)?(\?.*)?$/, '')}/files`);

/** Posts a file by the form of the page of files, as a browser without JavaScript does, and comes back to the page it began on. */
export const upload = async (visitor: Visitor, page: Page, name: string, content: string): Promise<Page> => {
  const own = (from: Page) => formsOf(from).find(({ hidden }) => 'Policy' in hidden);
  const form = own(page) ?? own(await filesOf(visitor, page));
  if (!form) throw new Error('the page has no form for files');
  const body = new FormData();
  for (const [field, value] of Object.entries(form.hidden)) body.append(field, value);
  body.append('file', new Blob([Buffer.from(content, 'latin1')]), name);
  const response = await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
  if (response.status !== 303) throw new Error(`no upload: ${response.status} ${await response.text()}`);
  expectStatus(await visitor.get(response.headers.get('location') ?? ''), 200);
  return expectStatus(await visitor.get(page.url), 200);
};
