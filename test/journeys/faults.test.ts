import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { seed } from '../../demo/seed.ts';
import { answerTask, approve, ask, beKnown, download, openAsDpo, prove, start } from './access.ts';
import { caseOf, clearFaults, type Fault, fault, type Item } from './faults.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());
beforeEach(() => clearFaults(world));

/** Each journey is somebody else's: one address gets only so many mails a day. */
const addresses = new Set(seed().subscriptions.map(({ email }) => email)).values();
const somebody = () => ({ name: 'En Person', email: addresses.next().value as string });

/** The calls on which a request depends: what is decided, what goes on, what is told, what is kept, who is woken. */
const calls = [
  { service: 'dynamodb', operation: 'TransactWriteItems' },
  { service: 'states', operation: 'StartExecution' },
  { service: 'ses', operation: 'SendRawEmail' },
  { service: 's3', operation: 'PutObject' },
  { service: 'sns', operation: 'Publish' },
] as const;

/** Arms a fault at each of these calls, lets the step happen, gives the sweep its time, and answers how many calls were met. */
const suffer = async (faults: readonly Fault[], step: () => Promise<unknown>): Promise<number> => {
  for (const one of faults) await fault(world, one);
  await step();
  await world.advance('PT30M');
  return clearFaults(world);
};

/** Each mail that the outbox holds, with how often it was tried and came; the SDK's own retry sends the very same bytes. */
const mailsOf = async (items: readonly Item[]) => {
  const mails = await world.mails();
  const outbox = items.filter(({ sk }) => sk.startsWith('MAIL#'));
  return outbox.map(({ sk, state, attempts, template }) => {
    const id = `<${sk.slice('MAIL#'.length)}@`;
    const copies = mails.filter(({ headers }) => headers['message-id']?.includes(id));
    const different = new Set(copies.map(({ text, html }) => text + html)).size;
    return { template, state, attempts: Number(attempts), came: copies.length, different };
  });
};

/** The whole case after its journey: nothing lost, nothing twice but a mail whose outcome nobody knew. */
const expectRight = async (reference: string): Promise<void> => {
  const items = await caseOf(world, reference);
  const request = items.find(({ sk }) => sk === 'REQUEST') as Item;
  expect(request).toMatchObject({ status: 'DELIVERED', round: 1 });
  const own = (await world.executions()).filter(({ name }) => name.startsWith(request.pk));
  expect(own.map(({ status }) => status)).toEqual(
    ['prove', 'start', 'gather', 'review', 'deliver'].map(() => 'SUCCEEDED'),
  );
  const audit = items.filter(({ sk }) => sk.startsWith('AUDIT#')).map(({ what }) => what);
  for (const what of ['STARTED', 'DECIDED', 'OWNER_ANSWERED'])
    expect(audit.filter((each) => each === what)).toHaveLength(1);
  for (const mail of await mailsOf(items)) {
    expect(mail.state).toBe('SENT');
    expect(mail.different, JSON.stringify(mail)).toBeGreaterThanOrEqual(1);
    expect(mail.different, JSON.stringify(mail)).toBeLessThanOrEqual(mail.attempts);
    expect(mail.came, JSON.stringify(mail)).toBeLessThanOrEqual(mail.attempts);
  }
};

/** A whole journey, each step of it under these faults. */
const journeyUnder = async (faults: readonly Fault[]): Promise<number> => {
  const who = somebody();
  let met = 0;
  let reference = '';
  const under = async (step: () => Promise<unknown>) => {
    met += await suffer(faults, step);
  };
  await under(async () => {
    ({ reference } = await ask(world, who));
  });
  await under(() => prove(world, who.email, reference));
  await under(() => start(world, reference));
  await under(() => answerTask(world, reference, 'nothing'));
  await beKnown(world, reference);
  await under(() => approve(world, reference));
  const { zip } = await download(world, who.email, reference);
  expect((await unzip(zip)).has('manifest.json')).toBe(true);
  await expectRight(reference);
  return met;
};

const at = (mode: Fault['mode'], operations: readonly string[]): Fault[] =>
  calls.filter(({ operation }) => operations.includes(operation)).map((call) => ({ ...call, mode }));
const every = calls.map(({ operation }) => operation);

test.each([
  ['refuse', every],
  ['throttle', every],
  ['drop-answer', every.filter((operation) => operation !== 'SendRawEmail')],
  // A mail that the network itself doubles can't be told apart from two; a file is read from the wire once.
  ['repeat', ['TransactWriteItems', 'StartExecution', 'Publish']],
] as const)('a journey ends right when at every step it meets: %s at %s', async (mode, operations) => {
  expect(await journeyUnder(at(mode, operations))).toBeGreaterThan(10);
});

test('a mail whose answer was lost does not come again: the mail service says by an event that it went', async () => {
  expect(await journeyUnder(at('drop-answer', ['SendRawEmail']))).toBeGreaterThan(4);
});

test('a decision that could not be written is told to the DPO, and the next try counts', async () => {
  const who = somebody();
  const { reference } = await ask(world, who);
  await prove(world, who.email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await openAsDpo(world, reference, 2);
  await fault(world, { service: 'dynamodb', operation: 'TransactWriteItems', mode: 'refuse', times: 1000 });
  await expect(approve(world, reference)).rejects.toThrow(/: 500, not 200/);
  await clearFaults(world);
  expect((await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST')?.status).toBe('REVIEW');
  await approve(world, reference);
  await download(world, who.email, reference);
  await expectRight(reference);
});

test('T32: a lost wake-up is found by the sweep, five minutes later at most', async () => {
  await fault(world, { service: 'sns', operation: 'Publish', mode: 'refuse', times: 1000 });
  const before = (await world.mails()).length;
  const who = somebody();
  const { reference } = await ask(world, who);
  await world.quiet();
  expect(await mailsOf(await caseOf(world, reference))).toEqual([]);
  // One sweep starts the segment, whose wake-up is lost too; the next one sends the mail.
  await world.advance('PT5M');
  await world.advance('PT5M');
  expect(await clearFaults(world)).toBeGreaterThan(1);
  expect((await world.mails()).length).toBe(before + 1);
  expect(await mailsOf(await caseOf(world, reference))).toEqual([
    { template: 'confirm', state: 'SENT', attempts: 1, came: 1, different: 1 },
  ]);
});

test('while SES is down for a day a mail is tried again and again, and comes once when it is back', async () => {
  await fault(world, { service: 'ses', operation: 'SendRawEmail', mode: 'refuse', times: 1000 });
  const who = somebody();
  const { reference } = await ask(world, who);
  await world.advance('P1D');
  const [waiting] = await mailsOf(await caseOf(world, reference));
  expect(waiting).toMatchObject({ state: 'PENDING', came: 0 });
  // After 5, 15 and 60 minutes, then every four hours.
  expect(waiting?.attempts).toBeGreaterThanOrEqual(8);
  await clearFaults(world);
  await world.advance('PT4H10M');
  expect(await mailsOf(await caseOf(world, reference))).toEqual([expect.objectContaining({ state: 'SENT', came: 1 })]);
  await prove(world, who.email, reference);
});

test('a file that could not be kept leaves its system marked as failed, which the DPO must explain', async () => {
  const who = somebody();
  const { reference } = await ask(world, who);
  await prove(world, who.email, reference);
  // The first is the plan's data map; without it nothing is asked at all.
  await fault(world, { service: 's3', operation: 'PutObject', mode: 'refuse', call: 2, times: 1000 });
  await start(world, reference);
  await world.mail('arkiv@nordlys.example', new RegExp(reference));
  await world.advance('PT1H');
  await clearFaults(world);
  await answerTask(world, reference, 'nothing');
  // Start, what failed while the owner was still to answer, and the decision.
  await openAsDpo(world, reference, 3);
  const failed = (await caseOf(world, reference)).filter(
    ({ sk, state }) => sk.startsWith('SOURCE#') && state === 'FAILED',
  );
  expect(failed.length).toBeGreaterThan(0);
  await expect(approve(world, reference, ['access'], {}, 3)).rejects.toThrow(/: 400, not 200/);
  await approve(world, reference, ['access'], { incomplete: 'Lageret svarede ikke.' }, 3);
  const { zip } = await download(world, who.email, reference);
  expect((await unzip(zip)).has('manifest.json')).toBe(true);
});
