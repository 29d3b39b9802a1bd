import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  answerTask,
  approve,
  ask,
  asksWho,
  decide,
  download,
  dpo,
  expectStatus,
  last4,
  linkIn,
  lookAt,
  prove,
  start,
  undoTime,
} from './access.ts';
import { caseOf, clearFaults, fault, type Item } from './faults.ts';
import { outputsOf } from './stores.ts';
import { formsOf, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const behaviour = `/_local/mail/behaviour`;
/** What becomes of mail to an address from now on. */
const fate = async (address: string, event: string): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  await fetch(world.site + behaviour, { method: 'POST', headers, body: JSON.stringify({ address, event }) });
};
const allArrives = () => fetch(world.site + behaviour, { method: 'DELETE' });
beforeEach(async () => {
  await clearFaults(world);
  await allArrives();
});

const requestOf = async (reference: string) =>
  (await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST') as Item;
const mailsOf = async (reference: string) =>
  (await caseOf(world, reference)).filter(({ sk }) => sk.startsWith('MAIL#'));
const auditOf = async (reference: string) =>
  (await caseOf(world, reference)).filter(({ sk }) => sk.startsWith('AUDIT#')).map(({ what }) => what);
const mailsTo = async (to: string, reference: string) =>
  (await world.mails()).filter((mail) => mail.to.includes(to) && (mail.subject + mail.text).includes(reference));

/** The mail that tells the DPO, and the page behind its link. */
const task = async (reference: string) => {
  const mail = await world.mail(dpo, new RegExp(`${reference}.*(kom ikke frem)`));
  const visitor = new Visitor(world.site);
  return { mail, page: expectStatus(await visitor.get(linkIn(mail, 'dpo')), 200), visitor };
};

test('a mail that SES took and whose sender died is found as sent by the event, and does not come again', async () => {
  await fault(world, { service: 'ses', operation: 'SendRawEmail', mode: 'drop-answer' });
  const email = 'tabt.svar@fremmed.example';
  const { reference } = await ask(world, { name: 'Tabt Svar', email });
  await world.quiet();
  expect(await clearFaults(world)).toBe(1);
  expect(await mailsOf(reference)).toEqual([expect.objectContaining({ state: 'SENT', attempts: 1 })]);
  await world.advance('PT5H');
  expect(await mailsTo(email, reference)).toHaveLength(1);
  expect(await auditOf(reference)).not.toContain('MAIL_RESENT_AFTER_UNKNOWN');
  await prove(world, email, reference);
});

test('a sender that cannot note what it sent leaves it to the event', async () => {
  // The first update takes the mail, the second would note that it is sent; the client tries each four times.
  await fault(world, { service: 'dynamodb', operation: 'UpdateItem', mode: 'refuse', call: 2, times: 4 });
  const email = 'uden.notat@fremmed.example';
  const { reference } = await ask(world, { name: 'Uden Notat', email });
  await world.advance('PT1H');
  expect(await clearFaults(world)).toBe(4);
  expect(await mailsOf(reference)).toEqual([expect.objectContaining({ state: 'SENT', attempts: 1 })]);
  expect(await mailsTo(email, reference)).toHaveLength(1);
});

test('where the event is lost too the mail comes a second time after 15 minutes, and the record says so', async () => {
  const email = 'tabt.alt@fremmed.example';
  await fate(email, 'Lost');
  await fault(world, { service: 'ses', operation: 'SendRawEmail', mode: 'drop-answer' });
  const { reference } = await ask(world, { name: 'Tabt Alt', email });
  await world.advance('PT10M');
  expect(await mailsOf(reference)).toEqual([expect.objectContaining({ state: 'SENDING', attempts: 1 })]);
  await world.advance('PT1H');
  expect(await mailsOf(reference)).toEqual([expect.objectContaining({ state: 'SENT', attempts: 2 })]);
  expect(await mailsTo(email, reference)).toHaveLength(2);
  expect((await auditOf(reference)).filter((what) => what === 'MAIL_RESENT_AFTER_UNKNOWN')).toHaveLength(1);
  await prove(world, email, reference);
});

test.each([
  ['T71', 'bounce+proof@simulator.amazonses.com', 'bounced'],
  ['T72', 'suppressionlist+proof@simulator.amazonses.com', 'suppressed'],
])(
  '%s: a mail of proof that does not arrive closes nothing: the DPO has a task, and no reminders follow',
  async (_, email, reason) => {
    const { reference } = await ask(world, { name: 'Hemmelig Skrivefejl', email });
    await world.quiet();
    const { mail, page, visitor } = await task(reference);
    expect(`${mail.subject}${mail.text}${mail.html}`).not.toMatch(/Skrivefejl|simulator/);
    expect(textOf(page.html)).toContain('En mail kom ikke frem');
    expect(await requestOf(reference)).toMatchObject({
      status: 'AWAITING_PROOF',
      undelivered: [{ template: 'confirm', to: 'subject', reason }],
    });
    await world.advance('P8D');
    expect(await mailsTo(email, reference)).toHaveLength(1);
    expect((await requestOf(reference)).status).toBe('AWAITING_PROOF');
    const fields = { action: 'undelivered', deal: 'again', last4: last4(reference) };
    expect((await visitor.submit(page, { ...fields, last4: 'XXXX' }, 'deal')).status).toBe(400);
    const unsaid = await visitor.submit(page, { ...fields, deal: '' }, 'deal');
    expect([unsaid.status, textOf(unsaid.html)]).toEqual([
      400,
      expect.stringContaining('Vælg, hvad der skal ske med mailen'),
    ]);
    expectStatus(await visitor.submit(page, fields, 'deal'), 200);
    await world.quiet();
    expect(await mailsTo(email, reference)).toHaveLength(2);
    // The new one bounced as well: a new task, told anew.
    expect(await auditOf(reference)).toEqual(expect.arrayContaining(['MAIL_FAILED', 'MAIL_SENT_AGAIN', 'MAIL_FAILED']));
    expect(await requestOf(reference)).toMatchObject({ undelivered: [{ template: 'confirm', reason }] });
  },
);

test('a person who marks our mail as unwanted is a task of the DPO, and the request goes on', async () => {
  const email = 'klager@fremmed.example';
  await fate(email, 'Complaint');
  const { reference } = await ask(world, { name: 'Klager Person', email });
  await world.quiet();
  await allArrives();
  const { page, visitor } = await task(reference);
  expect(textOf(page.html)).toContain('uønsket');
  await prove(world, email, reference);
  const settle = { action: 'undelivered', deal: 'settled', last4: last4(reference) };
  const after = expectStatus(await visitor.submit(page, settle, 'deal'), 200);
  expect(textOf(after.html)).not.toContain('uønsket. Vi kan');
  expect(await auditOf(reference)).toContain('MAIL_SETTLED');
});

test("an owner's mail that bounces reaches the DPO, and one to the DPO the second channel", async () => {
  await fate('arkiv@nordlys.example', 'Bounce');
  const email = 'ejer.borte@fremmed.example';
  const { reference } = await ask(world, { name: 'Ejer Borte', email });
  await prove(world, email, reference);
  await start(world, reference);
  await world.quiet();
  const { page } = await task(reference);
  expect(textOf(page.html)).toContain('den ansvarlige for');
  await fate(dpo, 'Bounce');
  const second = await ask(world, { name: 'Anden Person', email: 'dpo.borte@fremmed.example' });
  await prove(world, 'dpo.borte@fremmed.example', second.reference);
  await world.advance('PT2H');
  const alerts = (await world.mails()).filter(({ subject }) => subject.includes(second.reference));
  expect(alerts.map(({ subject }) => subject)).toContain(`Privacy@ ${second.reference}: en mail kom ikke frem`);
  const told = (await mailsOf(second.reference)).filter(({ template }) => template === 'undelivered');
  expect(told).toEqual([]);
});

/** Up to the answer, which does not arrive. */
const undelivered = async (email: string) => {
  const { reference } = await ask(world, { name: 'Svar Retur', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await fate(email, 'Bounce');
  await approve(world, reference);
  await world.quiet();
  return reference;
};

test('T71: an answer that bounced is not delivered: its time limit runs, and the DPO sends it again', async () => {
  const email = 'svar.retur@fremmed.example';
  const reference = await undelivered(email);
  expect(await requestOf(reference)).toMatchObject({ status: 'APPROVED', undelivered: [{ template: 'ready' }] });
  expect((await requestOf(reference)).deliveredAt).toBeUndefined();
  const { page, visitor } = await task(reference);
  expect(textOf(page.html)).toContain('Sagen er ikke besvaret endnu');
  // Nothing is sent again by itself, and the watchdog goes on warning.
  await world.advance('P20D');
  expect((await mailsTo(email, reference)).filter(({ text }) => /\/d\/[\w-]{43}/.test(text))).toHaveLength(1);
  expect(await auditOf(reference)).toEqual(expect.arrayContaining(['ESCALATED']));
  expect(await auditOf(reference)).not.toContain('TAKEN_OVER');
  await fetch(world.site + behaviour, { method: 'DELETE' });
  const before = (await world.mails()).length;
  const again = { action: 'undelivered', deal: 'again', last4: last4(reference) };
  expectStatus(await visitor.submit(await visitor.get(page.url), again, 'deal'), 200);
  await world.advance(undoTime);
  expect(await requestOf(reference)).toMatchObject({ status: 'DELIVERED' });
  expect((await requestOf(reference)).undelivered).toBeUndefined();
  // The file's 14 days were over: it was built anew.
  const ready = await world.mail(email, /\/d\/[\w-]{43}/, before);
  expect(ready.text).toContain(reference);
  expect((await auditOf(reference)).filter((what) => what === 'PACKAGED')).toHaveLength(2);
});

test('T71: an answer that the DPO handed over another way is delivered, and one that was fetched stays so', async () => {
  const email = 'svar.brev@fremmed.example';
  const reference = await undelivered(email);
  const { page, visitor } = await task(reference);
  const settle = { action: 'undelivered', deal: 'settled', last4: last4(reference) };
  expectStatus(await visitor.submit(page, settle, 'deal'), 200);
  expect(await requestOf(reference)).toMatchObject({ status: 'DELIVERED', deliveredAt: expect.any(String) });

  const fetched = 'svar.hentet@fremmed.example';
  const second = await ask(world, { name: 'Svar Hentet', email: fetched });
  await prove(world, fetched, second.reference);
  await start(world, second.reference);
  await answerTask(world, second.reference, 'nothing');
  await approve(world, second.reference);
  await download(world, fetched, second.reference);
  expect(await requestOf(second.reference)).toMatchObject({ status: 'DELIVERED', downloads: 1 });
});

test('a person whom mail does not reach gets the letter and the files by hand: the DPO fetches them, and notes who handed them out and how', async () => {
  const reference = await undelivered('papir@fremmed.example');
  const { page, visitor } = await task(reference);
  expect(textOf(page.html)).not.toContain('Du skal ikke gøre noget nu');
  const path = `/dpo/request/${reference}/preview`;
  expect(asksWho(expectStatus(await visitor.get(`${path}/${reference}.zip`), 200))).toBe(true);
  const letter = await lookAt(world, visitor, `${path}/Brev.pdf`);
  expect(letter.headers.get('content-disposition')).toContain('Brev.pdf');
  const fetches = async () => (await caseOf(world, reference)).filter(({ what }) => what === 'FETCHED_TO_HAND_OUT');
  const looked = await visitor.get(`${path}/${reference}.zip`);
  expect(new URL(looked.url).pathname).toBe(`/dpo/request/${reference}`);
  expect(await fetches()).toEqual([]);
  const form = formsOf(looked).find(({ names }) => names.includes('target'));
  const { location } = await visitor.redirect(form?.action ?? '', form?.hidden);
  expect(looked.headers.get('content-security-policy')).toContain(`form-action 'self' ${new URL(location).origin}`);
  expect((await fetches()).map(({ facts }) => facts)).toEqual([{ file: 1, by: 'dpo' }]);
  const zip = Buffer.from(await (await fetch(location)).arrayBuffer());
  expect([...(await unzip(zip)).keys()]).toContain('START-HER.html');

  const fields = { action: 'hand-out', last4: last4(reference) };
  expect((await decide(world, page, visitor, fields, { having: 'way' })).status).toBe(400);
  expectStatus(await decide(world, page, visitor, { ...fields, way: 'post' }, { having: 'way' }), 200);
  const request = await requestOf(reference);
  expect(request).toMatchObject({ status: 'DELIVERED', handedOut: { way: 'post', by: 'dpo' } });
  expect(request).not.toHaveProperty('undelivered');
  const handed = (await caseOf(world, reference)).find(({ what }) => what === 'HANDED_OUT');
  expect(handed?.facts).toEqual({ way: 'post', by: 'dpo' });
  const receipt = await world.mail('papir@fremmed.example', new RegExp(`${reference}[\\s\\S]*/r/`));
  const persons = await new Visitor(world.site).get(linkIn(receipt, 'r'));
  expect(textOf(persons.html)).toContain('Vi har sendt svaret med posten');
  expect(textOf(persons.html)).not.toContain('Brug linket i mailen');
  const before = (await mailsOf(reference)).length;
  await world.advance('P15D');
  expect(await requestOf(reference)).toMatchObject({ status: 'CLOSED' });
  expect(await mailsOf(reference)).toHaveLength(before);
});

test('T71: hearing of a bounce again after it was settled, of a forgotten request, or of a mail that is none of ours, changes nothing', async () => {
  const email = 'bounce+twice@simulator.amazonses.com';
  const { reference } = await ask(world, { name: 'To Gange', email });
  await world.quiet();
  const { page, visitor } = await task(reference);
  const settle = { action: 'undelivered', deal: 'settled', last4: last4(reference) };
  expectStatus(await visitor.submit(page, settle, 'deal'), 200);
  const [confirm] = (await mailsOf(reference)).filter(({ template }) => template === 'confirm');
  const before = await caseOf(world, reference);
  const tagsOf = (request: string, ob: string) => ({ request: [request], ob: [ob] });
  const ours = tagsOf(confirm?.pk ?? '', confirm?.sk.slice('MAIL#'.length) ?? '');
  const client = new SNSClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  for (const tags of [ours, ours, tagsOf('gone', 'mail'), tagsOf(confirm?.pk ?? '', 'unknown'), {}]) {
    const mail = { messageId: 'm', destination: [email], tags };
    const Message = JSON.stringify({
      eventType: 'Bounce',
      bounce: { bounceType: 'Permanent', bounceSubType: 'General' },
      mail,
    });
    await client.send(new PublishCommand({ TopicArn: outputsOf(world).MailEventTopic, Message }));
  }
  client.destroy();
  await world.quiet();
  expect(await caseOf(world, reference)).toEqual(before);
  expect(await (await fetch(`${world.site}/_local/queues`)).json()).toEqual([
    expect.objectContaining({ messages: [] }),
  ]);
});
