import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError, type Call, type Clock, type Permission, type Service, type Store } from '../../local/service.ts';

/** A store in memory with the contract of the durable one. Values pass through JSON, as they do on disk. */
export function memoryStore(entries = new Map<string, string>(), prefix = ''): Store {
  const store: Store = {
    async get<T>(key: string) {
      const text = entries.get(prefix + key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    async put(key, value) {
      entries.set(prefix + key, JSON.stringify(value));
    },
    async del(key) {
      entries.delete(prefix + key);
    },
    async batch(writes) {
      for (const write of writes)
        await (write.type === 'put' ? store.put(write.key, write.value) : store.del(write.key));
    },
    async *entries<T>() {
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix)).sort();
      const own = keys.filter((key) => !key.slice(prefix.length).includes('\u0000'));
      for (const key of own) yield [key.slice(prefix.length), JSON.parse(entries.get(key) as string) as T] as const;
    },
    sub: (name) => memoryStore(entries, `${prefix}${name}\u0000`),
  };
  return store;
}

/** A clock that stands still until it is moved; moving fires what is due, in order, and waits until nothing is busy. */
export interface StillClock extends Clock {
  move(to: Date): Promise<number>;
  quiet(): Promise<void>;
}

export function stillClock(start = '2026-01-31T12:00:00.000Z'): StillClock {
  let now = new Date(start);
  const timers: { at: number; fire: () => unknown }[] = [];
  const work = new Set<Promise<unknown>>();
  const clock: StillClock = {
    now: () => new Date(now),
    offset: () => now.getTime() - Date.now(),
    at(at, fire) {
      const timer = { at: at.getTime(), fire };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer) >>> 0, 1);
    },
    busy(promise) {
      work.add(promise);
      const done = () => void work.delete(promise);
      promise.then(done, done);
      return promise;
    },
    async quiet() {
      while (work.size > 0) await Promise.allSettled(work);
    },
    async move(to) {
      let fired = 0;
      for (;;) {
        await clock.quiet();
        const due = timers.filter(({ at }) => at <= to.getTime()).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.splice(timers.indexOf(due), 1);
        now = new Date(Math.max(now.getTime(), due.at));
        fired += 1;
        await due.fire();
      }
      now = to;
      return fired;
    },
  };
  return clock;
}

/** A service on a port of its own, with the gateway's way of rendering errors; `asked` collects the permissions. */
export async function serve(service: Service, protocol: 'json' | 'query') {
  const asked: Permission[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://local');
    const call: Call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
      request,
      caller: { accessKeyId: 'local', role: 'arn:aws:iam::123456789012:role/Tester' },
      authorise: (permission) => void asked.push(permission),
    };
    try {
      const { permissions, answer } = service.prepare(call);
      asked.push(...permissions);
      await answer(response);
    } catch (error) {
      renderError(response, error as Error, protocol);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    config: { endpoint, credentials, region: 'eu-west-1', maxAttempts: 1 },
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function renderError(response: ServerResponse, error: Error, protocol: 'json' | 'query'): void {
  const { code, status, extra } =
    error instanceof AwsError ? error : { code: 'InternalFailure', status: 500, extra: {} as Record<string, unknown> };
  if (protocol === 'json') {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code });
    response.end(JSON.stringify({ __type: code, message: error.message, ...extra }));
    return;
  }
  const message = error.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  response.writeHead(status, { 'content-type': 'text/xml' });
  response.end(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  );
}
