import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerTask, approve, ask, download, dpo, prove, start } from './access.ts';
import { openWorld, type World } from './world.ts';

/** Values that occur nowhere else: found in a log or a history, they were put there by us. */
const canary = {
  name: 'Kanariefugl Gulvingesen',
  email: 'kanarie.qzx7@fugl.example',
  details: 'detaljen-qzx8-hemmelig',
  customerNumber: 'KUNDE-qzx9',
  answer: 'arkivsvaret-qzx10',
  reason: 'begrundelsen-qzx11',
};
const secrets = Object.values(canary);

let world: World;
let reference: string;
beforeAll(async () => {
  world = await openWorld();
  ({ reference } = await ask(world, { ...canary, rights: ['access', 'erasure'] }));
  await prove(world, canary.email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'found', canary.answer);
  await approve(world, reference, ['access'], {
    'outcome-erasure': 'refuse',
    'ground-erasure': 'no-right',
    'reason-erasure': canary.reason,
  });
  await download(world, canary.email, reference);
});
afterAll(() => world?.close());

const found = (text: string): string[] =>
  secrets.filter((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));

test('no log line of a whole journey holds anything that somebody typed, nor a token', () => {
  const folder = join(world.state, 'logs');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.log'));
  expect(files.length).toBeGreaterThan(8);
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  expect(text.length).toBeGreaterThan(1_000);
  expect(found(text)).toEqual([]);
});

test("T27: no access log line holds a link's token", async () => {
  const tokens = (await world.mails()).flatMap(({ text }) =>
    [...text.matchAll(/\/(?:c|r|dpo|o|d)\/([\w-]{43})/g)].map(([, token]) => token as string),
  );
  expect(tokens.length).toBeGreaterThanOrEqual(5);
  const folder = join(world.state, 'logs');
  const text = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.log'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  expect(tokens.filter((token) => text.includes(token) || text.includes(token.slice(0, 12)))).toEqual([]);
});

test('the execution history holds identifiers and counts only', async () => {
  const executions = await world.executions();
  expect(executions.length).toBeGreaterThanOrEqual(5);
  const histories = await Promise.all(executions.map(({ name }) => world.history(name)));
  expect(found(JSON.stringify(histories))).toEqual([]);
});

test("no mail subject holds anything personal, and mails to staff hold none of the person's data", async () => {
  const mails = await world.mails();
  expect(found(mails.map(({ subject }) => subject).join('\n'))).toEqual([]);
  const staff = mails.filter(({ to }) => !to.includes(canary.email));
  expect(staff.length).toBeGreaterThanOrEqual(3);
  expect(found(staff.map(({ text, html }) => text + html).join('\n'))).toEqual([]);
  expect(
    mails.every(
      ({ to }) => to.length === 1 && (to[0] === canary.email || to[0] === dpo || to[0]?.endsWith('@nordlys.example')),
    ),
  ).toBe(true);
});

test('T17: the confirmation mail holds no word that the requester typed', async () => {
  const [first] = (await world.mails()).filter(({ to }) => to.includes(canary.email));
  expect(found(`${first?.text}${first?.html}`).filter((each) => each !== canary.email)).toEqual([]);
});
