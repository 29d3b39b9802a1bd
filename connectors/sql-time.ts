import { addAbortListener } from 'node:events';
import type { Readable } from 'node:stream';

/** Waits for work no longer than some seconds beyond the database's own time-out, and no longer than it is told to. */
export const inTime = async <T>(work: Promise<T>, seconds: number, signal?: AbortSignal): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = () => reject(new DOMException('the page did not come in time', 'TimeoutError'));
  const timer = setTimeout(late, (seconds + 5) * 1_000);
  using _ = signal && addAbortListener(signal, () => reject(signal.reason));
  work.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
};

/** The rows of a stream by pages of `pageSize`; the last holds fewer, or none. A page that does not come in time destroys the stream. */
export async function* pagesOf<Row>(
  stream: Readable,
  { pageSize, timeout }: { readonly pageSize: number; readonly timeout: number },
  signal?: AbortSignal,
): AsyncIterable<Row[]> {
  const source: AsyncIterator<Row> = stream[Symbol.asyncIterator]();
  const page = async (): Promise<Row[]> => {
    const rows: Row[] = [];
    while (rows.length < pageSize) {
      const { done, value } = await source.next();
      if (done) break;
      rows.push(value);
    }
    return rows;
  };
  try {
    let rows: Row[];
    do {
      rows = await inTime(page(), timeout, signal);
      yield rows;
    } while (rows.length === pageSize);
  } finally {
    stream.destroy();
  }
}
