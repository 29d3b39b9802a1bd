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
  readonly order: number;
  readonly fire: () => unknown;
  cancelled: boolean;
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
  private readonly timers = new Heap();
  private readonly work = new Set<Promise<unknown>>();
  private ahead: number;
  private onDisk: number;
  private order = 0;
  private jumping: Promise<unknown> | undefined;
  private wake: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(store: Store, offset: number) {
    this.store = store;
    this.ahead = offset;
    this.onDisk = offset;
  }

  now(): Date {
    return new Date(this.time());
  }

  offset(): number {
    return this.ahead;
  }

  at(at: Date, fire: () => unknown): () => void {
    const timer: Timer = { at: at.getTime(), order: this.order++, fire, cancelled: false };
    if (Number.isNaN(timer.at)) throw new RangeError('clock: a timer needs a valid instant');
    this.timers.push(timer);
    if (this.timers.first() === timer) this.arm();
    return () => {
      timer.cancelled = true;
    };
  }

  busy<T>(work: Promise<T>): Promise<T> {
    this.work.add(work);
    const done = () => {
      this.work.delete(work);
    };
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
    if (!(to.getTime() >= this.time() - grace)) throw new RangeError(`the clock can't go back to ${to.toISOString()}`);
    while (this.jumping !== undefined) await this.jumping.catch(() => {});
    this.jumping = this.advance(to.getTime());
    try {
      return { fired: (await this.jumping) as number };
    } finally {
      this.jumping = undefined;
      this.arm();
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.wake);
  }

  private time(): number {
    return Date.now() + this.ahead;
  }

  private async advance(to: number): Promise<number> {
    let fired = 0;
    for (;;) {
      await this.quiet();
      const timer = this.timers.first();
      if (timer === undefined || timer.at > Math.max(to, this.time())) break;
      this.timers.pop();
      await this.moveTo(timer.at, to);
      fired += 1;
      await run(timer);
    }
    await this.moveTo(to, to);
    await this.keep(this.ahead);
    return fired;
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
    const next = this.timers.first();
    if (next === undefined || this.jumping !== undefined || this.closed) return;
    this.wake = setTimeout(() => this.fireDue(), Math.min(Math.max(next.at - this.time(), 0), longestWait)).unref();
  }

  private fireDue(): void {
    if (this.jumping !== undefined || this.closed) return;
    for (let timer = this.timers.first(); timer !== undefined && timer.at <= this.time(); timer = this.timers.first()) {
      this.timers.pop();
      void run(timer);
    }
    this.arm();
  }
}

/** A timer whose work fails must not stop the ones after it. */
async function run({ fire }: Timer): Promise<void> {
  try {
    await fire();
  } catch (error) {
    console.error('clock: a timer failed:', error);
  }
}

/** A binary heap of timers: two months of five-minute ticks stay cheap. */
class Heap {
  private readonly timers: Timer[] = [];

  /** The timer that is due first, or undefined. */
  first(): Timer | undefined {
    while (this.timers[0]?.cancelled) this.pop();
    return this.timers[0];
  }

  push(timer: Timer): void {
    const { timers } = this;
    let place = timers.push(timer) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(timer, timers[parent] as Timer)) break;
      timers[place] = timers[parent] as Timer;
      place = parent;
    }
    timers[place] = timer;
  }

  pop(): void {
    const last = this.timers.pop();
    if (last !== undefined && this.timers.length > 0) this.sink(last);
  }

  private sink(timer: Timer): void {
    const { timers } = this;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= timers.length) break;
      const right = left + 1;
      const child = right < timers.length && before(timers[right] as Timer, timers[left] as Timer) ? right : left;
      if (!before(timers[child] as Timer, timer)) break;
      timers[place] = timers[child] as Timer;
      place = child;
    }
    timers[place] = timer;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
