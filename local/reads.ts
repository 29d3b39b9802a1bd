import { isDeepStrictEqual } from 'node:util';
import type { Call } from './service.ts';

/** What a read shows of an item: states that it shows alike are one to it. */
export interface View {
  /** As it was asked for. */
  readonly asked: readonly unknown[];
  of(item: unknown): unknown;
}

/** What one write did to one key. */
interface Written {
  readonly key: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Objects that go by a lifecycle rule go unnoticed: nobody counts on those. */
const bySelfOnly = ['s3', 'kms', 'secretsmanager'];

const whole: View = { asked: [], of: (item) => item };

/** One run of a function that a schedule wants to know more of. */
interface Observed {
  readonly functionArn: string;
  /** The run's id in Lambda; the SDK sends it along with each call, within the trace. */
  readonly requestId: string;
}

/** What a run of a function read, so that its schedule can tell whether another run would see anything new. */
export class Reads {
  private readonly runs = new Map<string, { readonly trace: string; readonly reads: Map<string, Read> }>();

  /** The answer tells whether anybody else changed what the run saw, after it saw it. The run before of this function is forgotten. */
  observe({ functionArn, requestId }: Observed): () => boolean {
    const reads = new Map<string, Read>();
    this.runs.set(functionArn, { trace: traceOf(requestId), reads });
    return () => [...reads.values()].some(({ changed }) => changed);
  }

  /** The run reads the keys with `gte <= key < lt`. Call it before they are read: a write that comes between counts. */
  read(run: string | undefined, gte: string, lt: string, view = whole): void {
    this.readsOf(run)?.set(JSON.stringify([gte, lt, ...view.asked]), { gte, lt, view, changed: false });
  }

  wrote(run: string | undefined, writes: readonly Written[]): void {
    const others = [...this.runs.values()].filter(({ trace }) => trace !== run);
    for (const read of others.flatMap(({ reads }) => [...reads.values()]))
      read.changed ||= writes.some((write) => shows(read, write));
  }

  /** What another service answers may change with anything that is written, unless it is one of those that only calls to it change. */
  seen(call: Call, service: string, isRead: boolean): void {
    if (service === 'dynamodb') return;
    if (!isRead) this.wrote(runOf(call), [{ key: service, after: true }]);
    else if (bySelfOnly.includes(service)) this.read(runOf(call), service, `${service}\u0000`);
    else this.read(runOf(call), '', '\uffff');
  }

  private readsOf(run: string | undefined): Map<string, Read> | undefined {
    return [...this.runs.values()].find(({ trace }) => trace === run)?.reads;
  }
}

interface Read {
  readonly gte: string;
  readonly lt: string;
  readonly view: View;
  changed: boolean;
}

const shows = ({ gte, lt, view }: Read, { key, before, after }: Written): boolean =>
  gte <= key && key < lt && !isDeepStrictEqual(view.of(before), view.of(asStored(after)));

/** Without what only memory tells apart. */
const asStored = (item: unknown): unknown => (item === undefined ? undefined : JSON.parse(JSON.stringify(item)));

/** The trace of a run, as Lambda's environment carries it and the SDK sends it. */
export const traceOf = (requestId: string): string => requestId.replaceAll('-', '').slice(0, 24);

/** The run that a call comes from, or undefined. */
export const runOf = ({ headers }: Call): string | undefined =>
  String(headers['x-amzn-trace-id'] ?? '').match(/^Root=1-[\da-f]+-([\da-f]{24})/)?.[1];
