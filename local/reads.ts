import type { Call } from './service.ts';

/** One run of a function that a schedule wants to know more of. */
interface Observed {
  readonly functionArn: string;
  /** The run's id in Lambda; the SDK sends it along with each call, within the trace. */
  readonly requestId: string;
}

/** What a run of a function read, so that its schedule can tell whether another run would see anything new. */
export class Reads {
  private readonly runs = new Map<string, { readonly trace: string; readonly reads: Map<string, Read> }>();

  /** The answer tells whether anybody else wrote what the run read, after it read it. The run before of this function is forgotten. */
  observe({ functionArn, requestId }: Observed): () => boolean {
    const reads = new Map<string, Read>();
    this.runs.set(functionArn, { trace: traceOf(requestId), reads });
    return () => [...reads.values()].some(({ changed }) => changed);
  }

  /** The run reads the keys with `gte <= key < lt`. Call it before they are read: a write that comes between counts. */
  read(run: string | undefined, gte: string, lt: string): void {
    this.readsOf(run)?.set(`${gte} ${lt}`, { gte, lt, changed: false });
  }

  wrote(run: string | undefined, keys: readonly string[]): void {
    const others = [...this.runs.values()].filter(({ trace }) => trace !== run);
    for (const read of others.flatMap(({ reads }) => [...reads.values()]))
      read.changed ||= keys.some((key) => read.gte <= key && key < read.lt);
  }

  /** Of what another service than DynamoDB answers nobody knows what it depends on: any write may change it. */
  seen(call: Call, service: string, isRead: boolean): void {
    if (service === 'dynamodb') return;
    if (isRead) this.read(runOf(call), '', '\uffff');
    else this.wrote(runOf(call), [service]);
  }

  private readsOf(run: string | undefined): Map<string, Read> | undefined {
    return [...this.runs.values()].find(({ trace }) => trace === run)?.reads;
  }
}

interface Read {
  readonly gte: string;
  readonly lt: string;
  changed: boolean;
}

/** The trace of a run, as Lambda's environment carries it and the SDK sends it. */
export const traceOf = (requestId: string): string => requestId.replaceAll('-', '').slice(0, 24);

/** The run that a call comes from, or undefined. */
export const runOf = ({ headers }: Call): string | undefined =>
  String(headers['x-amzn-trace-id'] ?? '').match(/^Root=1-[\da-f]+-([\da-f]{24})/)?.[1];
