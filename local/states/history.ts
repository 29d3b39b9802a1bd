import { StateError } from './errors.ts';

/** Step Functions' quota for the history of one execution, in events. */
const eventLimit = 25_000;

/** One event in the shape of GetExecutionHistory; `timestamp` is in seconds. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: unknown;
}

/** The chain of events of one thread: the next event points to the last one. */
export interface Trail {
  last: number;
}

/** Event types whose details are not named after them. */
const sharedDetails: readonly (readonly [suffix: string, key: `${string}EventDetails`])[] = [
  ['StateEntered', 'stateEnteredEventDetails'],
  ['StateExited', 'stateExitedEventDetails'],
];

/** The history of one execution. What is new since it was last taken waits for the journal. */
export class History {
  private count = 0;
  private fresh: HistoryEvent[] = [];
  private readonly now: () => number;

  /** `now` is in milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** How many events there are. */
  get length(): number {
    return this.count;
  }

  /** Adds an event to the end of a thread's chain and answers its id. */
  add(trail: Trail, type: string, details?: object): number {
    // The last one is kept free for the end of the execution.
    if (this.count >= eventLimit - 1 && !type.startsWith('Execution')) throw historyFull();
    this.count += 1;
    const event = { id: this.count, previousEventId: trail.last, timestamp: this.now() / 1000, type };
    this.fresh.push(details === undefined ? event : { ...event, [detailsKey(type)]: details });
    trail.last = this.count;
    return this.count;
  }

  /** Adds an event that the next one of the thread does not point to. */
  addAside(trail: Trail, type: string, details?: object): number {
    return this.add({ last: trail.last }, type, details);
  }

  /** The events since the last call. */
  take(): HistoryEvent[] {
    const taken = this.fresh;
    this.fresh = [];
    return taken;
  }
}

function detailsKey(type: string): `${string}EventDetails` {
  const shared = sharedDetails.find(([suffix]) => type.endsWith(suffix));
  return shared?.[1] ?? `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function historyFull(): StateError {
  return new StateError(
    'States.Runtime',
    `The execution reached the maximum number of history events (${eventLimit}).`,
  );
}

/** Data as an event carries it: JSON text, and whether it was cut. Ours never is. */
export function dataOf<Name extends 'input' | 'output'>(name: Name, data: unknown) {
  return { [name]: JSON.stringify(data), [`${name}Details`]: { truncated: false } };
}
