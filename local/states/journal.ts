import * as z from 'zod';
import type { Store } from '../service.ts';
import type { Json } from './expression.ts';
import type { HistoryEvent } from './history.ts';

/** What came back from outside, as JSON. */
export type Outcome =
  | { readonly type: 'succeeded' | 'submitted'; readonly output: Json }
  | { readonly type: 'failed' | 'aborted'; readonly error?: string; readonly cause?: string }
  | { readonly type: 'timedOut'; readonly error: 'States.Timeout' | 'States.HeartbeatTimeout' }
  | { readonly type: 'heartbeat' | 'woken' | 'started' | 'executionTimedOut' };

/** Something that came from outside, and when (milliseconds of virtual time). `id` is 0 for the execution itself. */
export interface Step {
  readonly at: number;
  readonly id: number;
  readonly outcome: Outcome;
}

/** One record of the journal: what came, and the events that followed from it. */
export interface JournalRecord {
  readonly steps: readonly Step[];
  readonly events: readonly HistoryEvent[];
}

/** What is known of an execution without its history. Dates are milliseconds; `input` and `output` are JSON text. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  /** The definition it began with goes with it to its end, whatever becomes of the machine. */
  readonly definition: string;
  /** Chance and tokens of this execution follow from it. */
  readonly seed: string;
  readonly input: string;
  readonly startedAt: number;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly stoppedAt?: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

const outcome = z.looseObject({ type: z.string() });
const event = z.looseObject({ id: z.int(), previousEventId: z.int(), timestamp: z.number(), type: z.string() });
const recordSchema = z.strictObject({
  steps: z.array(z.strictObject({ at: z.number(), id: z.int(), outcome })),
  events: z.array(event),
});

/** The executions on disk: a record each, and its journal. All in one store, so that one write holds both. */
export class Journal {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  execution(key: string): Promise<ExecutionRecord | undefined> {
    return this.store.get<ExecutionRecord>(`execution/${key}`);
  }

  /** All executions, in the order of their keys; `broken` is told of those that can't be read. */
  async *all(broken: (error: Error) => void): AsyncGenerator<ExecutionRecord> {
    const range = { gte: 'execution/', lt: 'execution0', broken };
    for await (const [, record] of this.store.entries<ExecutionRecord>(range)) yield record;
  }

  definition(hash: string): Promise<unknown> {
    return this.store.get(`definition/${hash}`);
  }

  async keepDefinition(hash: string, definition: unknown): Promise<void> {
    if ((await this.definition(hash)) === undefined) await this.store.put(`definition/${hash}`, definition);
  }

  /** Writes the record at a position; with the first and the last one goes what is known of the execution. */
  async append(key: string, position: number, record: JournalRecord, execution?: ExecutionRecord): Promise<void> {
    const about = execution && { type: 'put' as const, key: `execution/${key}`, value: execution };
    await this.store.batch([{ type: 'put', key: recordKey(key, position), value: record }, ...(about ? [about] : [])]);
  }

  /** The journal of an execution from its begin. Throws with the position of a record that is missing or broken. */
  async *read(key: string): AsyncGenerator<JournalRecord> {
    const range = { gte: `journal/${key}/`, lt: `journal/${key}0` };
    const entries = this.store.entries<JournalRecord>(range)[Symbol.asyncIterator]();
    for (let position = 0; ; position += 1) {
      const entry = await entries.next().catch((error: Error) => {
        throw broken(key, position, error.message);
      });
      if (entry.done) return;
      const [found, value] = entry.value;
      if (found !== recordKey(key, position)) throw broken(key, position, 'it is missing');
      const { error } = recordSchema.safeParse(value);
      if (error !== undefined) throw broken(key, position, z.prettifyError(error));
      yield value;
    }
  }
}

/** An error that names the record of a journal that can't be used. */
export function broken(key: string, position: number, reason: string): Error {
  return new Error(`execution ${key}: record ${position} of its journal is broken: ${reason}`);
}

function recordKey(key: string, position: number): string {
  return `journal/${key}/${String(position).padStart(6, '0')}`;
}
