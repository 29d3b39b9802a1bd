import type { Item } from './dynamodb-engine.ts';
import type { Table } from './dynamodb-tables.ts';
import type { Clock } from './service.ts';

/** Expired items are swept at full hours: readable until then, as AWS deletes late too. */
const hour = 3_600_000;
/** AWS leaves items alone that expired more than five years ago: a wrong unit must not empty a table. Milliseconds. */
const tooLongAgo = 5 * 365 * 24 * hour;

/** When an item expires, in milliseconds, or undefined. */
export function expiryOf({ ttlAttribute }: Table, item: Item): number | undefined {
  const seconds = ttlAttribute === undefined ? undefined : item[ttlAttribute]?.N;
  return typeof seconds === 'string' ? Number(seconds) * 1000 : undefined;
}

/** Whether the sweeper deletes an item that expires at this instant. */
export const isExpired = (at: number | undefined, now: Date): boolean =>
  at !== undefined && at <= now.getTime() && at > now.getTime() - tooLongAgo;

/** Sets one timer, for the full hour after the earliest expiry: no ticks while nothing expires. */
export class ExpiryTimer {
  private readonly clock: Clock;
  private readonly sweep: () => Promise<void>;
  private due = Number.POSITIVE_INFINITY;
  private cancel: () => void = () => {};

  constructor(clock: Clock, sweep: () => Promise<void>) {
    this.clock = clock;
    this.sweep = sweep;
  }

  /** An item expires at this instant (milliseconds). */
  notice(at: number | undefined): void {
    if (at === undefined || !Number.isFinite(at) || at <= this.clock.now().getTime() - tooLongAgo) return;
    const due = Math.ceil((Math.max(at, this.clock.now().getTime()) + 1) / hour) * hour;
    if (due >= this.due) return;
    this.stop();
    this.due = due;
    // A date beyond what Date holds never comes.
    if (due <= 8.64e15) this.cancel = this.clock.at(new Date(due), () => this.fire());
  }

  stop(): void {
    this.cancel();
    this.due = Number.POSITIVE_INFINITY;
  }

  private fire(): Promise<void> {
    this.due = Number.POSITIVE_INFINITY;
    return this.clock.busy(this.sweep());
  }
}
