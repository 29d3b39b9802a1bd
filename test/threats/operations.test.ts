import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { log } from '../../functions/lib/log.ts';
import { answerTask, approve, ask, download, prove, start } from '../journeys/access.ts';
import { fault, type Item, itemsOf } from '../journeys/faults.ts';
import { everythingOf, outputsOf } from '../journeys/stores.ts';
import { isShut, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';

const email = peopleToTry.everywhere;
const typed = {
  name: 'Mette Kjærgaard',
  details: 'detaljen-vzq8-hemmelig',
  customerNumber: 'KUNDE-vzq9',
  answer: 'arkivsvaret-vzq10',
  reason: 'begrundelsen-vzq11',
};

/** Every value that is hers alone: what she typed, what others typed about her, and what the demonstration's systems hold of her. */
const canaries = (): string[] => {
  const { customers, notes, orders, shipments, attachments, archive } = holdings(email);
  const held = [
    ...customers.flatMap(({ name, email: address, phone, street, born }) => [name, address, phone, street, born]),
    ...notes.map(({ text }) => text),
    ...orders.map(({ orderId }) => orderId),
    ...shipments.flatMap(({ tracking, address }) => [tracking, address]),
    ...attachments.map(({ name }) => name),
    ...archive.map(({ contents }) => contents),
  ];
  return [...new Set([...Object.values(typed), email, ...held])];
};

let world: World;
let reference: string;
let file: Awaited<ReturnType<typeof download>>;
beforeAll(async () => {
  world = await openWorld();
  ({ reference } = await ask(world, { ...typed, email, rights: ['access', 'erasure'] }));
  await prove(world, email, reference);
  await world.quiet();
  // Something goes wrong as well: errors are where values leak.
  await fault(world, { service: 'ses', operation: 'SendRawEmail', mode: 'refuse' });
  await start(world, reference);
  await world.advance('PT20M');
  await answerTask(world, reference, 'found', typed.answer);
  await approve(world, reference, ['access'], {
    'outcome-erasure': 'refuse',
    'ground-erasure': 'no-right',
    'reason-erasure': typed.reason,
  });
  file = await download(world, email, reference);
}, 240_000);
afterAll(() => world?.close());

const spellings = (value: string): string[] => [
  value,
  value.toLowerCase(),
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
];

/** Which of her values a text holds, however they are written. */
const leaks = (text: string): string[] =>
  canaries().filter((value) => spellings(value).some((spelling) => text.includes(spelling)));

test('the canaries are many, and are seen where they belong', async () => {
  expect(canaries().length).toBeGreaterThan(20);
  const places = (await everythingOf(world)).filter(({ text }) => leaks(text).length > 0).map(({ place }) => place);
  expect(places.some((place) => place.includes(' REQUEST'))).toBe(true);
});

test('T60: no log of a whole journey in which calls fail holds anything about the person', async () => {
  const logs = (await everythingOf(world)).filter(({ place }) => place.endsWith('.log'));
  expect(logs.length).toBeGreaterThan(10);
  expect(logs.some(({ text }) => text.includes('"level":"ERROR"'))).toBe(true);
  expect(leaks(logs.map(({ text }) => text).join('\n'))).toEqual([]);
});

test('T61: executions hold identifiers and counts only, in their input, output and history', async () => {
  const executions = (await everythingOf(world)).filter(({ place }) => place.startsWith('execution '));
  expect(executions.length).toBeGreaterThanOrEqual(5);
  expect(leaks(executions.map(({ text }) => text).join('\n'))).toEqual([]);
});

test('T62: no key of a table or a bucket, no counter, no audit entry, no anchor and no queue tells of the person', async () => {
  const held = await everythingOf(world);
  expect(leaks(held.map(({ place }) => place).join('\n'))).toEqual([]);
  const kept = held.filter(({ place }) => /AUDIT#|Counters|\/anchors\/|\/purged\/|ALERT#|CHORE|SEGMENT#/.test(place));
  expect(kept.length).toBeGreaterThan(10);
  expect(leaks(kept.map(({ text }) => text).join('\n'))).toEqual([]);
  expect(leaks(await (await fetch(`${world.site}/_local/queues`)).text())).toEqual([]);
});

test("T62: no mail's subject tells of the person, and no mail to others than her says who she is", async () => {
  const mails = await world.mails();
  expect(leaks(mails.map(({ subject }) => subject).join('\n'))).toEqual([]);
  const others = mails.filter(({ to }) => !to.includes(email));
  expect(others.length).toBeGreaterThanOrEqual(3);
  expect(leaks(JSON.stringify(others))).toEqual([]);
  expect(mails.filter(({ to }) => to.length !== 1)).toEqual([]);
});

test('T42, T60: a log line holds listed fields of codes only, one line each, whatever is passed', () => {
  const lines: string[] = [];
  const { log: print } = console;
  console.log = (line: string) => lines.push(line);
  const more = { email, cause: new Error(email) } as object;
  log.error('bad', { ...more, reason: `a\n{"level":"INFO"}`, error: email, system: 'x'.repeat(500), count: 3 });
  log.info('good', { route: 'GET /dpo/{token}', reason: 'MAIL', requestId: 'r0a', error: 'TransitionRefused' });
  console.log = print;
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'ERROR', what: 'bad', reason: '?', error: '?', system: '?', count: 3 },
    {
      ...{ level: 'INFO', what: 'good', requestId: 'r0a' },
      ...{ route: 'GET /dpo/{token}', error: 'TransitionRefused', reason: 'MAIL' },
    },
  ]);
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
});

const form = 'application/x-www-form-urlencoded';
const send = async (body: string, type = form, init: RequestInit = {}) => {
  const headers = { 'content-type': type, origin: world.site, ...(init.headers as object) };
  const response = await fetch(`${world.site}/you`, { method: 'POST', body, redirect: 'manual', ...init, headers });
  await response.arrayBuffer();
  return response.status;
};
const requests = async () => (await itemsOf(world)).filter(({ sk }) => sk === 'REQUEST');

test('T50: a body of more than 16 kB is refused before it is read', async () => {
  expect(await send(`name=${'x'.repeat(17_000)}`)).toBe(413);
  expect(await send(`name=${'x'.repeat(200_000)}`)).toBe(413);
});

test('T51: no page takes JSON, however deep, and a form of thousands of fields is refused', async () => {
  for (const depth of [1, 1_000, 200_000]) {
    const status = await send('['.repeat(depth) + ']'.repeat(depth), 'application/json');
    expect([413, 415]).toContain(status);
  }
  expect(await send(Array.from({ length: 1_500 }, (_, n) => `f${n}=1`).join('&'))).toBe(400);
});

test('T52: a field that no form has is refused at every step, and changes not even the prototype of an object', async () => {
  const visitor = new Visitor(world.site);
  const who = { name: 'Ekstra Felter', email: 'ekstra@fremmed.example', customerNumber: '', alsoKnownAs: '' };
  const steps: Record<string, string | string[]>[] = [
    { rights: ['access'] },
    { who: 'me' },
    who,
    { details: '' },
    { language: 'da' },
  ];
  const extra = ['status', 'proof[at]', 'requestId', '__proto__', '__proto__[x]', 'constructor'];
  const before = await requests();
  let page = await visitor.get('/want?lang=da');
  for (const fields of steps) {
    const having = Object.keys(fields)[0];
    for (const name of extra) {
      const sent = Object.fromEntries([...Object.entries(fields), [name, 'APPROVED']]);
      expect({ name, status: (await visitor.submit(page, sent, having)).status }).toEqual({ name, status: 400 });
    }
    page = await visitor.submit(page, fields, having);
    expect(page.status).toBe(200);
  }
  await world.advance('PT10S');
  expect((await visitor.submit(page, { status: 'APPROVED' }, 'stamp')).status).toBe(400);
  expect(await requests()).toEqual(before);
  expect(({} as { x?: string }).x).toBeUndefined();
});

test('T53: another type, method, encoding or a method in disguise gets 4xx, and a field sent twice no 5xx', async () => {
  for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', ''])
    expect(await send('name=x', type)).toBe(415);
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    expect([403, 404, 405]).toContain(await send('a=1', form, { method }));
  expect(await send('name=%E0%A4%A', form)).toBe(400);
  expect(await send('name=%ff%fe', form)).toBe(400);
  const before = await requests();
  const disguise = { headers: { 'x-http-method-override': 'DELETE' } };
  expect(await send('_method=DELETE&name=a&name=b&email=a@b.dk&email=c@d.dk', form, disguise)).toBeLessThan(500);
  expect(await requests()).toEqual(before);
});

test('T54: text made to be slow to check is answered like any other', async () => {
  const slow = [
    'a'.repeat(15_000),
    `${'a.'.repeat(7_000)}@`,
    `${'@'.repeat(14_000)}`,
    `${' '.repeat(4_000)}x`,
    '-'.repeat(15_000),
  ];
  for (const text of slow) {
    const body = new URLSearchParams({ email: text, name: 'x' }).toString();
    expect([200, 303, 400, 413]).toContain(await send(body));
  }
});

test('T58: no address leads to a request, a page or a file by its id, only by a link that was sent', async () => {
  const [request] = (await requests()).filter((item) => item.reference === reference);
  const { pk, evidence } = request as Item & { evidence: string };
  const [{ key } = { key: '' }] = ((request as Item).package as { parts: { key: string }[] }).parts;
  const ids = [pk, reference, evidence, key, `../${key}`].map(encodeURIComponent);
  const paths = ids.flatMap((id) => [
    `/r/${id}`,
    `/d/${id}`,
    `/o/${id}`,
    `/c/${id}`,
    `/dpo/${id}`,
    `/dpo/request/${id}`,
  ]);
  for (const path of [...paths, `/download/request/${reference}`, `/${key}`]) {
    const page = await new Visitor(world.site).get(path);
    expect({ path, shut: isShut(page) }).toEqual({ path, shut: true });
    expect(leaks(page.html)).toEqual([]);
  }
});

test('T59: the file is at a random key, opens for a minute by an address that fits no other, and each download is on record', async () => {
  const url = new URL(file.location);
  expect(url.pathname).toMatch(/\/packages\/[0-9a-f]{32}\.zip$/);
  expect(Number(url.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(60);
  expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
  expect((await fetch(url.origin + url.pathname)).status).toBe(403);
  const other = new URL(url);
  other.pathname = `/${outputsOf(world).EvidenceBucket}/packages/${'0'.repeat(32)}.zip`;
  expect((await fetch(other)).status).toBe(403);
  const requestId = (await requests()).find((item) => item.reference === reference)?.pk;
  const audit = (await itemsOf(world)).filter(({ pk, sk }) => pk === requestId && sk.startsWith('AUDIT#'));
  expect(audit.filter(({ what }) => what === 'DOWNLOADED')).toHaveLength(1);
});

test('T63: no secret of a system stands in a log, an execution, a record, a file or a mail, not even where the system refuses it', async () => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const vault = new SecretsManagerClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  type Secret = Readonly<Record<string, unknown>>;
  const read = async (SecretId: string) =>
    JSON.parse((await vault.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '{}') as Secret;
  const put = (SecretId: string, secret: Secret) =>
    vault.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(secret) }));
  const names = ['demo/crm', 'demo/newsletter', 'demo/sign-in', 'demo/proof'];
  const right = await Promise.all(names.map(read));
  const wrong: Readonly<Record<string, Secret>> = {
    'demo/crm': { ...right[0], host: 'hemmelig-vzq12.invalid', username: 'hemmelig-vzq13', password: 'hemmelig-vzq14' },
    'demo/newsletter': { ...right[1], token: 'hemmelig-vzq15' },
  };
  for (const [name, secret] of Object.entries(wrong)) await put(name, secret);
  const who = { name: 'En Anden', email: 'hemmelighed@fremmed.example' };
  const asked = await ask(world, who);
  await prove(world, who.email, asked.reference);
  await start(world, asked.reference);
  await world.advance('PT3H');
  const failed = (await itemsOf(world)).filter(({ sk, state }) => sk.startsWith('SOURCE#') && state === 'FAILED');
  expect(failed.map(({ system }) => system)).toEqual(expect.arrayContaining(['crm', 'newsletter']));
  for (const [at, name] of names.entries()) await put(name, right[at] ?? {});
  vault.destroy();

  const isSecret = ([name]: [string, unknown]) => /token|password|secret/i.test(name);
  const held = [
    ...right.flatMap((each) =>
      Object.entries(each)
        .filter(isSecret)
        .map(([, value]) => String(value)),
    ),
  ];
  const secrets = [...new Set([...held, 'hemmelig-vzq'])];
  expect(secrets.length).toBeGreaterThan(1);
  const kept = [...(await everythingOf(world)), { place: 'mails', text: JSON.stringify(await world.mails()) }];
  const found = kept.filter(({ text }) =>
    secrets.some((secret) => spellings(secret).some((each) => text.includes(each))),
  );
  expect(found.map(({ place }) => place)).toEqual([]);
});

test('T62: no function makes a metric: what is measured is AWS’s own, of functions, queues and executions', async () => {
  const logs = (await everythingOf(world)).filter(({ place }) => place.endsWith('.log'));
  // What a line in CloudWatch's embedded metric format would have.
  expect(logs.filter(({ text }) => /"_aws"|CloudWatchMetrics/.test(text))).toEqual([]);
});
