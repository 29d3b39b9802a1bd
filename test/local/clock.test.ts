import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openClock } from '../../local/clock.ts';
import { memoryStore } from './small-gateway.ts';

const start = new Date('2026-01-31T12:00:00.000Z');
const after = (ms: number): Date => new Date(start.getTime() + ms);
const hour = 3_600_000;

test('A jump fires what falls due in order of time, then in the order it was set', async () => {
  const clock = await openClock(memoryStore(), start);
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, Math.round((clock.now().getTime() - start.getTime()) / hour)]);
  clock.at(after(3 * hour), note('c'));
  clock.at(after(hour), note('a'));
  clock.at(after(hour), note('b'));
  clock.at(after(9 * hour), note('later'));
  const cancel = clock.at(after(2 * hour), note('cancelled'));
  cancel();
  expect(await clock.jump(after(4 * hour))).toEqual({ fired: 3 });
  expect(fired).toEqual([
    ['a', 1],
    ['b', 1],
    ['c', 3],
  ]);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(after(4 * hour).getTime());
  clock.close();
});

test('Each timer waits until the work of the one before it has ended, and a jump answers when all is quiet', async () => {
  const clock = await openClock(memoryStore(), start);
  const events: string[] = [];
  const work = async (name: string) => {
    await sleep(20);
    events.push(`${name} done`);
    if (name === 'a') clock.at(after(90 * 60_000), () => void clock.busy(work('set by a')));
  };
  for (const [name, hours] of [['a', 1] as const, ['b', 2] as const]) {
    clock.at(after(hours * hour), () => {
      events.push(`${name} fires`);
      void clock.busy(work(name));
    });
  }
  await clock.jump(after(3 * hour));
  expect(events).toEqual(['a fires', 'a done', 'set by a done', 'b fires', 'b done']);
  clock.close();
});

test('Time does not run backwards', async () => {
  const clock = await openClock(memoryStore(), start);
  await expect(clock.jump(after(-1001))).rejects.toThrow(RangeError);
  clock.close();
});

test('Real time runs on between jumps and fires what falls due', async () => {
  const clock = await openClock(memoryStore(), start);
  const due = new Promise<Date>((resolve) => clock.at(after(60), () => resolve(clock.now())));
  expect((await due).getTime()).toBeGreaterThanOrEqual(after(60).getTime());
  clock.close();
});

test('The offset outlives the process, and a crash in the middle of a jump never turns time back', async () => {
  const store = memoryStore();
  const clock = await openClock(store, start);
  let [seen, restarted] = [0, 0];
  clock.at(after(40 * 24 * hour), async () => {
    seen = clock.now().getTime();
    restarted = (await openClock(store)).now().getTime();
  });
  await clock.jump(after(60 * 24 * hour));
  expect(seen).toBeGreaterThanOrEqual(after(40 * 24 * hour).getTime());
  expect(restarted).toBeGreaterThanOrEqual(seen);
  expect(restarted).toBeLessThan(seen + 25 * hour);
  clock.close();
  const later = await openClock(store, start);
  expect(later.now().getTime() - after(60 * 24 * hour).getTime()).toBeLessThan(5000);
});

test('Two months of five-minute ticks pass in under two seconds', async () => {
  const clock = await openClock(memoryStore(), start);
  let ticks = 0;
  const arm = (at: number) => {
    clock.at(new Date(at), () => {
      ticks += 1;
      arm(at + 300_000);
    });
  };
  arm(start.getTime() + 300_000);
  const began = performance.now();
  await clock.jump(after(61 * 24 * hour));
  expect(performance.now() - began).toBeLessThan(2000);
  expect(ticks).toBe(61 * 24 * 12);
  clock.close();
});

test('A timer whose work fails does not stop the ones after it', async () => {
  const clock = await openClock(memoryStore(), start);
  let reached = false;
  clock.at(after(hour), () => {
    throw new Error('on purpose');
  });
  clock.at(after(2 * hour), () => {
    reached = true;
  });
  await clock.jump(after(3 * hour));
  expect(reached).toBe(true);
  clock.close();
});
