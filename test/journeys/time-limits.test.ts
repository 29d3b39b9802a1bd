import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  answerTask,
  approve,
  ask,
  decide,
  dpo,
  expectStatus,
  last4,
  linkIn,
  openAsDpo,
  prove,
  start,
} from './access.ts';
import { caseOf, clearFaults, fault } from './faults.ts';
import { clientsOf, outputsOf } from './stores.ts';
import { type Page, textOf, Visitor } from './visitor.ts';
import { type Mail, openWorld, type World } from './world.ts';

// Monday 2 March 2026 in Copenhagen: the month ends on Maundy Thursday 2 April, and rolls over Easter to Tuesday 7 April.
const begin = new Date('2026-03-02T09:00:00Z');

let world: World;
const openAt = async () => {
  world = await openWorld({ demo: false, now: begin });
};

/** Moves on to an instant. */
const until = async (instant: string): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ now: instant });
  const response = await fetch(`${world.site}/_local/clock`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
};

const proven = async (name: string, rights?: readonly string[]) => {
  const email = `${name}@fremmed.example`;
  const asked = await ask(world, { name, email, ...(rights ? { rights } : {}) });
  const { visitor } = await prove(world, email, asked.reference);
  await openAsDpo(world, asked.reference, 1);
  return { email, visitor, reference: asked.reference };
};

const about = async (reference: string, pattern: RegExp, reader = dpo): Promise<Mail[]> =>
  (await world.mails()).filter(
    ({ to, subject }) => to.includes(reader) && subject.includes(reference) && pattern.test(subject),
  );

/** Mails of our own, in the DPO's language. */
const warnings = (reference: string) => about(reference, /tilbage|egen frist|overskredet/);
/** Who hears on the second channel, past our own mail. */
const onDuty = 'vagt@nordlys.example';

/** The escalation topic, which SNS mails without our help. */
const escalations = (reference: string) => about(reference, /^Privacy@/, onDuty);

/** Opens the DPO's page by the newest mail and sends one of its forms. */
const actAsDpo = async (reference: string, fields: Readonly<Record<string, string>>) => {
  const { page, visitor } = await openAsDpo(world, reference, 1);
  return decide(world, page, visitor, { last4: last4(reference), ...fields }, { having: 'last4' });
};

const more = { action: 'extend', ground: 'complexity', reason: 'To af systemerne er på papir.' };

describe('a request that nobody touches', () => {
  beforeAll(openAt);
  afterAll(() => world?.close());

  test('escalates at each threshold once, on both channels, and stays open', async () => {
    const { reference, visitor } = await proven('glemt');
    await until('2026-04-20T09:00:00Z');
    const days = (mails: readonly Mail[]) =>
      mails.map(({ at }) => new Date(Date.parse(at) + 3 * 3_600_000).toISOString().slice(0, 10));
    const expected = ['2026-03-24', '2026-03-26', '2026-03-31', '2026-04-04', '2026-04-06', '2026-04-08'];
    expect(days(await warnings(reference))).toEqual(expected);
    expect(days(await escalations(reference))).toEqual(expected);
    expect((await escalations(reference)).map(({ subject }) => subject.split(': ')[1])).toEqual([
      '14 dage tilbage',
      'vores egen frist er i dag',
      '7 dage tilbage',
      '3 dage tilbage',
      '1 dag tilbage',
      'fristen er overskredet',
    ]);

    // The second channel does not wait for another look.
    const raised = (await caseOf(world, reference)).filter(({ what }) => what === 'ESCALATED');
    const after = (await escalations(reference)).map(({ at }, n) => Date.parse(at) - Date.parse(String(raised[n]?.at)));
    expect(Math.max(...after)).toBeLessThan(60_000);

    const { page } = await openAsDpo(world, reference, 1);
    expect(textOf(page.html)).toContain('Klar til start');
    const status = await visitor.get(`/request/${reference}`);
    // The cookie of the page is older than an hour; the link in the mail opens it again.
    expect(status.status).toBe(200);
    expect((await world.executions()).every(({ status: state }) => state === 'SUCCEEDED')).toBe(true);
  });

  test('carries the last day as a file for the calendar, with alarms and without anybody’s name', async () => {
    const mails = await world.mails();
    const mail = mails.find(({ subject }) => /^7 dage tilbage/.test(subject)) as Mail;
    const raw = await (await fetch(`${world.site}/_local/mail/${mail.id}.eml`)).text();
    const file = /text\/calendar[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(raw)?.[1] ?? '';
    const ics = raw.includes('base64') ? Buffer.from(file, 'base64').toString('utf8') : file;
    expect(ics.replaceAll('\r\n ', '')).toMatch(/DTSTART;VALUE=DATE:20260407/);
    expect(ics.match(/BEGIN:VALARM/g)).toHaveLength(3);
    expect(ics).not.toMatch(/glemt/i);
  });
});

describe('why these dates', () => {
  beforeAll(openAt);
  afterAll(() => world?.close());

  const whyOf = ({ html }: Page): string =>
    textOf(/Hvorfor netop disse datoer[\s\S]*?<\/details>/.exec(html)?.[0] ?? '');

  test('is told to the DPO in Danish, rule by rule', async () => {
    const { reference } = await proven('hvorfor');
    const why = whyOf((await openAsDpo(world, reference, 1)).page);
    expect(why).toContain('modtaget mandag den 2. marts 2026');
    expect(why).toContain('3. april 2026 er helligdag i Danmark: videre til næste dag');
    expect(why).not.toMatch(/received|working day/);
  });

  test('is still shown of a record of an earlier version, which holds it in English', async () => {
    const { reference } = await proven('gammel');
    const { db } = clientsOf(world);
    const TableName = outputsOf(world).RequestsTable;
    const { Items = [] } = await db.send(
      new ScanCommand({
        TableName,
        FilterExpression: 'begins_with(sk, :right)',
        ExpressionAttributeValues: { ':right': { S: 'RIGHT#' } },
      }),
    );
    for (const item of Items) {
      const derivation = { L: [{ S: 'received Monday 2 March 2026' }] };
      await db.send(
        new PutItemCommand({ TableName, Item: { ...item, deadline: { M: { ...item.deadline?.M, derivation } } } }),
      );
    }
    db.destroy();
    const { page } = await openAsDpo(world, reference, 1);
    expect(whyOf(page)).toContain('received Monday 2 March 2026');
    expect(page.html).toContain('<span lang="en">received');
  });
});

describe('more time', () => {
  beforeAll(openAt);
  afterAll(() => world?.close());

  test('is given on day 29: the person is told why in their language, and every page shows the new date', async () => {
    const { reference, email } = await proven('forlaenget');
    await until('2026-03-31T10:00:00Z');
    const page = expectStatus(await actAsDpo(reference, more), 200);
    expect(textOf(page.html)).toContain('Forlænget');
    const mail = await world.mail(email, /mere tid/);
    expect(mail.text).toContain('2. juni 2026');
    expect(mail.text).toContain('To af systemerne er på papir.');
    expect(mail.text).toMatch(/Datatilsynet/);
    const status = await new Visitor(world.site).get(linkIn(mail, 'r'));
    expect(textOf(status.html)).toMatch(/2\. juni 2026.*To af systemerne er på papir\./);
  });

  test('is refused on day 33, with the law as the reason and what was typed kept', async () => {
    const { reference, email } = await proven('forsinket');
    await world.advance('P33D');
    const { page, visitor } = await openAsDpo(world, reference, 1);
    expect(textOf(page.html)).toContain('Fristen kan ikke forlænges mere');
    const refused = await visitor.submit(page, { last4: last4(reference), ...more }, 'last4');
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain('loven tillader det én gang og kun inden for den første måned');
    expect((await world.mails()).filter(({ to, subject }) => to.includes(email) && /mere tid/.test(subject))).toEqual(
      [],
    );
  });

  test('without a ground or a reason is refused at its fields', async () => {
    const { reference } = await proven('udengrund');
    const refused = await actAsDpo(reference, { action: 'extend', reason: '' });
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain('Vælg, hvilken grund der er');
    expect(textOf(refused.html)).toContain('Skriv en begrundelse til personen');
  });

  test('for which of several rights must be chosen: none are extended unseen, and nothing typed is lost', async () => {
    const { reference } = await proven('hvilken', ['access', 'erasure']);
    const refused = await actAsDpo(reference, more);
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain('Vælg, hvilken ret der skal have mere tid');
    expect(refused.html).toContain('href="#extend-extend"');
    expect(refused.html.match(/id="extend-extend"/g)).toHaveLength(1);
    expect(textOf(refused.html)).toContain(more.reason);
    const { page } = await openAsDpo(world, reference, 1);
    expect(textOf(page.html)).not.toContain('Forlænget');
  });

  test('can be given to one right of three: each keeps its own date, and the reasons for a date name all the rights it holds for', async () => {
    const { reference } = await proven('treting', ['access', 'portability', 'erasure']);
    const page = await actAsDpo(reference, { ...more, extend: 'erasure' });
    const why = /Hvorfor netop disse datoer[\s\S]*?<\/details>/.exec(page.html)?.[0] ?? '';
    expect([...why.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, name]) => name)).toEqual([
      'Indsigt og dataportabilitet',
      'Sletning',
    ]);
    const rows = [...page.html.matchAll(/<tr>[\s\S]*?<\/tr>/g)].map(([row]) => textOf(row));
    expect(rows.find((row) => /Sletning|slet/i.test(row))).toMatch(
      /Forlænget.*2\. juli 2026|Forlænget.*juni 2026|Forlænget.*juli 2026/,
    );
    expect(rows.find((row) => /Indsigt|indsigt|oplysninger/i.test(row))).not.toContain('Forlænget');
  });
});

describe('a question to the person', () => {
  beforeAll(openAt);
  afterAll(() => world?.close());

  test('stands on their page and in no mail, suspends the time limit until they answer, and hushes no alarm', async () => {
    const { reference, email } = await proven('spurgt');
    await until('2026-03-04T10:00:00Z');
    const question = 'Hvilken af vores butikker har du handlet i?';
    const asked = expectStatus(await actAsDpo(reference, { action: 'ask', kind: 'identity', question }), 200);
    expect(textOf(asked.html)).toContain('Fristen for indsigt står stille');
    expect(textOf(asked.html)).toContain(
      'Indsigt: Sidste dag er tirsdag den 7. april 2026 uden pausen. Svarer personen i dag, bliver den tirsdag den 7. april 2026.',
    );
    const mail = await world.mail(email, /mangler noget/);
    expect(mail.text).not.toContain('butikker');

    await until('2026-03-14T10:00:00Z');
    const visitor = new Visitor(world.site);
    const page = await visitor.get(linkIn(mail, 'r'));
    expect(textOf(page.html)).toContain(question);
    const empty = await visitor.submit(page, { action: 'answer', answer: ' ' }, 'answer');
    expect(empty.status).toBe(400);
    const done = expectStatus(
      await visitor.submit(empty, { action: 'answer', answer: 'Den i Odense.' }, 'answer'),
      200,
    );
    expect(textOf(done.html)).toContain('12. april 2026');
    await world.mail(dpo, /Personen har svaret/);

    await until('2026-04-09T10:00:00Z');
    expect((await escalations(reference)).length).toBe(6);
    expect((await warnings(reference))[0]?.at.slice(0, 10)).toBe('2026-03-23');
    // An alarm that counts without the pause says so, and calls nothing overdue that is not.
    expect((await warnings(reference)).at(-1)?.subject).toMatch(/når pausen ikke tælles med: .* 13\. april 2026/);
    expect((await escalations(reference)).at(-1)?.text).toMatch(/13\. april 2026\s+Uden pausen.* 7\. april 2026/);
    const dpoPage = await openAsDpo(world, reference, 1);
    const shown = textOf(dpoPage.page.html);
    expect(shown).toMatch(/Sidste dag uden pausen.*13\. april 2026.*7\. april 2026/);
    expect(shown).toContain('Påmindelser kommer efter den dato, der er først.');
  });

  test('for clarification lets the time limit of access alone stand still, and the page, the mail and the person’s page name it', async () => {
    const { reference, email } = await proven('praecis', ['access', 'erasure']);
    const { page } = await openAsDpo(world, reference, 1);
    const form = textOf(page.html);
    expect(form).toContain('Fristen for indsigt og sletning står stille, fra du spørger');
    expect(form).toContain(
      'Fristen for indsigt står stille, fra du spørger, til personen svarer. Fristen for sletning løber',
    );
    const asked = await actAsDpo(reference, { action: 'ask', kind: 'clarification', question: 'Hvilket år?' });
    expect(textOf(expectStatus(asked, 200).html)).toMatch(
      /Fristen for indsigt står stille, til personen svarer\..*Fristen for sletning løber videre/,
    );
    const mail = await world.mail(email, /mangler noget/);
    const told = 'Fristen for indsigt står stille, til du svarer. Fristen for sletning løber videre.';
    expect(mail.text.replaceAll(/\s+/g, ' ')).toContain(told);
    const status = await new Visitor(world.site).get(linkIn(mail, 'r'));
    expect(textOf(status.html)).toContain(told);

    // What stands still is not late; what runs on is.
    await world.advance('P45D');
    const late = await new Visitor(world.site).get(linkIn(mail, 'r'));
    expect(textOf(late.html)).toContain('Svaret er forsinket');
    const [access, erasure] = [...late.html.matchAll(/<h3>[\s\S]*?<\/li>/g)].map(([right]) => textOf(right));
    expect(access).not.toContain('senest');
    expect(erasure).toContain('Du skulle have haft svar senest');
  });

  test('for clarification of a request without access stops no time limit, and the page says so before it is asked', async () => {
    const { reference, email } = await proven('slettes', ['erasure']);
    const { page } = await openAsDpo(world, reference, 1);
    expect(textOf(page.html)).toContain('En præcisering kan kun få fristen for indsigt til at stå stille.');
    const asked = await actAsDpo(reference, { action: 'ask', kind: 'clarification', question: 'Hvilket år?' });
    expect(textOf(expectStatus(asked, 200).html)).toContain('Personen har ikke svaret. Fristen løber.');
    expect((await world.mail(email, /mangler noget/)).text).not.toContain('står stille');
  });
});

describe('when SES is down for three days', () => {
  beforeAll(openAt);
  afterAll(() => world?.close());

  test('no escalation is lost: the second channel brings it at once, and the mail comes when SES is back', async () => {
    const { reference } = await proven('udfald');
    await until('2026-03-23T20:00:00Z');
    await fault(world, { service: 'ses', operation: 'SendRawEmail', mode: 'refuse', times: 10_000 });
    await until('2026-03-26T20:00:00Z');
    expect((await escalations(reference)).map(({ subject }) => subject.split(': ')[1])).toEqual([
      '14 dage tilbage',
      'vores egen frist er i dag',
    ]);
    expect(await warnings(reference)).toEqual([]);
    const stuck = (await world.mails()).filter(({ subject }) => /mails bliver ikke sendt/.test(subject));
    expect(stuck.length).toBeGreaterThanOrEqual(2);
    expect(stuck.length).toBeLessThanOrEqual(3);
    await clearFaults(world);
    await until('2026-03-27T03:00:00Z');
    expect((await warnings(reference)).length).toBe(2);
  });

  test('when SNS is down the mail comes, and the second channel catches up', async () => {
    const { reference } = await proven('stille');
    await until('2026-04-12T20:00:00Z');
    await fault(world, { service: 'sns', operation: 'Publish', mode: 'refuse', times: 10_000 });
    await until('2026-04-13T08:00:00Z');
    expect((await warnings(reference)).length).toBe(1);
    expect(await escalations(reference)).toEqual([]);
    await clearFaults(world);
    await world.advance('PT2H');
    expect((await escalations(reference)).length).toBe((await warnings(reference)).length);
  });

  test('what the second channel did not take at first is told once, when it does', async () => {
    const stuck = async () =>
      (await world.mails()).filter(({ subject }) => /mails bliver ikke sendt/.test(subject)).length;
    const ses = { service: 'ses', operation: 'SendRawEmail', mode: 'refuse', times: 10_000 } as const;
    await until('2026-04-14T08:00:00Z');
    await fault(world, ses);
    await ask(world, { name: 'Venter', email: 'venter@fremmed.example' });
    await fault(world, { service: 'sns', operation: 'Publish', mode: 'refuse', times: 10_000 });
    const before = await stuck();
    await world.advance('PT4H');
    expect(await stuck()).toBe(before);
    await clearFaults(world);
    await fault(world, ses);
    await world.advance('PT4H');
    expect(await stuck()).toBe(before + 1);
    await clearFaults(world);
  });
});

describe('the calendar feed', () => {
  beforeAll(async () => {
    world = await openWorld({ now: begin });
  });
  afterAll(() => world?.close());

  const feedOf = async (mail: Mail) => fetch(linkIn(mail, 'calendar'));

  test('is mailed to the DPO, holds the last day of what is open and nobody’s name, and a new one closes the old', async () => {
    const { reference } = await proven('kalender');
    const other = await proven('besvaret');
    expectStatus(await actAsDpo(reference, { action: 'calendar' }), 200);
    const mail = await world.mail(dpo, /Din kalender/);
    const response = await feedOf(mail);
    expect(response.headers.get('content-type')).toContain('text/calendar');
    const ics = (await response.text()).replaceAll('\r\n ', '');
    expect(ics.match(/BEGIN:VEVENT/g)).toHaveLength(2);
    expect(ics).toContain(`UID:${reference}`);
    expect(ics).toContain('DTSTART;VALUE=DATE:20260407');
    expect(ics).not.toMatch(/kalender@|besvaret|fremmed/);

    await start(world, other.reference);
    await answerTask(world, other.reference, 'nothing');
    await approve(world, other.reference);
    await world.mail(other.email, /\/d\/[\w-]{43}/);
    const later = (await (await feedOf(mail)).text()).match(/UID:.*/g);
    expect(later?.map((line) => line.trim())).toEqual([`UID:${reference}`]);

    const before = (await world.mails()).length;
    await actAsDpo(reference, { action: 'calendar' });
    const renewed = await world.mail(dpo, /Din kalender/, before);
    expect((await feedOf(mail)).status).toBe(404);
    expect((await feedOf(renewed)).status).toBe(200);
  });
});
