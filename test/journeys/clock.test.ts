import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, openAsDpo, prove } from './access.ts';
import { itemsOf } from './faults.ts';
import { logOf } from './permissions.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  // A Monday, so that the weekends lie where they lay when the runs were counted.
  world = await openWorld({ demo: false, now: new Date('2026-03-02T08:00:00Z') });
});
afterAll(() => world?.close());

const days = 61;
const scheduled = ['Watchdog', 'Dispatch', 'Housekeeping'];
const runsOf = (name: string): number => logOf(world.state, name).split('START RequestId').length - 1;
const jump = async (duration: string) => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ advance: duration });
  const response = await fetch(`${world.site}/_local/clock`, { method: 'POST', headers, body });
  return (await response.json()) as { now: string; fired: number; coalesced: number };
};

test('two months pass while a request waits for the DPO: idle ticks are left out, and it is looked at at each alarm and then every day', async () => {
  const email = 'venter@fremmed.example';
  const { reference } = await ask(world, { name: 'Venter Længe', email });
  await prove(world, email, reference);
  await openAsDpo(world, reference, 1);
  await jump('PT2H');

  const entries = async () =>
    (await itemsOf(world)).flatMap(({ sk, what }) => (String(sk).startsWith('AUDIT#') ? [what] : []));
  const told = (await entries()).length;
  const runs = () => Object.fromEntries(scheduled.map((name) => [name, runsOf(name)]));
  const [mails, before] = [(await world.mails()).length, runs()];
  const began = performance.now();
  const { fired, coalesced } = await jump(`P${days}D`);
  const seconds = (performance.now() - began) / 1000;
  console.log(`${days} days in ${seconds.toFixed(2)} s: ${fired} timers fired, ${coalesced} idle ticks left out`);

  // Every five minutes the sweep, every hour the watchdog.
  expect(fired + coalesced).toBeGreaterThanOrEqual(days * (288 + 24) - 2);
  expect(coalesced).toBeGreaterThan(days * (288 + 24) * 0.97);
  const looked = logOf(world.state, 'Watchdog').split('"what":"watchdog done","count":1').length - 1;
  // Six alarms in the first five weeks; overdue it is looked at daily.
  expect(looked).toBeGreaterThanOrEqual(6 + days - 38);
  expect(looked).toBeLessThanOrEqual(6 + days - 27);
  const after = runs();
  expect(Object.fromEntries(scheduled.map((name) => [name, Number(after[name]) - Number(before[name])]))).toEqual({
    Watchdog: 35,
    Dispatch: 12,
    Housekeeping: 3,
  });
  // A look that finds nothing to say leaves the record as it is.
  expect((await entries()).slice(told)).toEqual(Array(6).fill('ESCALATED'));
  // Six alarms, each on both channels.
  expect((await world.mails()).length).toBe(mails + 12);
  expect((await world.executions()).every(({ status }) => status === 'SUCCEEDED')).toBe(true);
});
