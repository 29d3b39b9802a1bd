import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Store } from './service.ts';

/** The clock of the local cloud: real time plus an offset that only grows. */
export interface VirtualClock extends Clock {
  /**
   * Moves virtual time forward. Timers that fall due fire in order; before each, all work under way ends. Resolves when everything is
   * quiet, with how many timers fired. Rejects with a RangeError on an instant that has passed.
   */
  jump(to: Date): Promise<{ readonly fired: number }>;
  /** Resolves when nothing is under way. */
  quiet(): Promise<void>;
  close(): void;
}

interface Timer {
  readonly at: number;
  readonly fire: () => unknown;
}

/** A longer wait overflows setTimeout, which then fires at once; an hour also follows a machine that slept. */
const longestWait = 3_600_000;
/** How far ahead of virtual time the offset on disk runs during a jump: a crash may skip up to this, but never turns time back. */
const lead = 86_400_000;
/** Time that may pass between reading the clock and asking for a jump; an instant that close is now. */
const grace = 1000;

/** The clock, its offset kept in the store. `start` is the virtual time it begins at when the store knows none; by default real time. */
export async function openClock(store: Store, start?: Date): Promise<VirtualClock> {
  const kept = await store.get<number>('offset');
  const offset = kept ?? (start === undefined ? 0 : start.getTime() - Date.now());
  if (kept === undefined) await store.put('offset', offset);
  return new OffsetClock(store, offset);
}

class OffsetClock implements VirtualClock {
  private readonly store: Store;
  /** Those due first at the end; of one instant those set first. */
  private readonly timers: Timer[] = [];
  private readonly work = new Set<Promise<unknown>>();
  private ahead: number;
  private onDisk: number;
  private jumping: Promise<unknown> | undefined;
  private wake: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(store: Store, offset: number) {
    this.store = store;
    this.ahead = offset;
    this.onDisk = offset;
  }

  now(): Date {
    return new Date(Date.now() + this.ahead);
  }

  offset(): number {
    return this.ahead;
  }

  at(at: Date, fire: () => unknown): () => void {
    const timer: Timer = { at: at.getTime(), fire };
    if (Number.isNaN(timer.at)) throw new RangeError('clock: a timer needs a valid instant');
    const place = this.timers.findIndex((other) => other.at <= timer.at);
    this.timers.splice(place < 0 ? this.timers.length : place, 0, timer);
    if (this.timers.at(-1) === timer) this.arm();
    return () => {
      const place = this.timers.indexOf(timer);
      if (place >= 0) this.timers.splice(place, 1);
    };
  }

  busy<T>(work: Promise<T>): Promise<T> {
    this.work.add(work);
    const done = () => void this.work.delete(work);
    work.then(done, done);
    return work;
  }

  async quiet(): Promise<void> {
    // A turn of the event loop lets what just ended begin what comes after it.
    do {
      await Promise.allSettled(this.work);
      await nextTurn();
    } while (this.work.size > 0);
  }

  async jump(to: Date): Promise<{ fired: number }> {
    if (!(to.getTime() >= this.now().getTime() - grace))
      throw new RangeError(`the clock can't go back to ${to.toISOString()}`);
    while (this.jumping !== undefined) await this.jumping.catch(() => {});
    const jump = this.advance(to.getTime());
    this.jumping = jump;
    try {
      return { fired: await jump };
    } finally {
      this.jumping = undefined;
      this.arm();
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.wake);
  }

  private async advance(to: number): Promise<number> {
    let fired = 0;
    await this.quiet();
    for (let timer = this.due(to); timer !== undefined; timer = this.due(to)) {
      await this.moveTo(timer.at, to);
      fired += 1;
      const work = run(timer);
      await work;
      // A timer that began nothing leaves nothing to wait for: an idle tick costs no turn of the event loop.
      if (work !== undefined || this.work.size > 0) await this.quiet();
    }
    await this.moveTo(to, to);
    await this.keep(this.ahead);
    return fired;
  }

  /** Takes the timer that is due first, if it is due by `to` or, while real time runs on, by now. */
  private due(to: number): Timer | undefined {
    const due = Math.max(to, this.now().getTime());
    return (this.timers.at(-1)?.at ?? Number.POSITIVE_INFINITY) <= due ? this.timers.pop() : undefined;
  }

  /** Never backwards: real time may have passed `at` while the work before it was done. */
  private async moveTo(at: number, target: number): Promise<void> {
    const ahead = Math.max(this.ahead, at - Date.now());
    if (ahead > this.onDisk) await this.keep(Math.max(ahead, Math.min(ahead + lead, target - Date.now())));
    this.ahead = Math.max(this.ahead, at - Date.now());
  }

  private async keep(offset: number): Promise<void> {
    this.onDisk = offset;
    await this.store.put('offset', offset);
  }

  /** Lets real time fire the next timer, unless a jump does. */
  private arm(): void {
    clearTimeout(this.wake);
    const next = this.timers.at(-1);
    if (next === undefined || this.jumping !== undefined || this.closed) return;
    const wait = Math.min(Math.max(next.at - this.now().getTime(), 0), longestWait);
    this.wake = setTimeout(() => this.fireDue(), wait).unref();
  }

  private fireDue(): void {
    if (this.jumping !== undefined || this.closed) return;
    for (let timer = this.due(0); timer !== undefined; timer = this.due(0)) void run(timer);
    this.arm();
  }
}

/** Fires a timer; undefined when that is all. One whose work fails must not stop the ones after it. */
function run({ fire }: Timer): Promise<unknown> | undefined {
  try {
    const work = fire();
    return work instanceof Promise ? work.catch(report) : undefined;
  } catch (error) {
    report(error);
    return undefined;
  }
}

function report(error: unknown): void {
  console.error('clock: a timer failed:', error);
}
