import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { AddressRefused, guardedLookup } from './network.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpClient {
  /** Throws SourceUnavailable for 401, 403, 408, 425, 429, 5xx and no answer; SourceMalformed for answers nobody should send. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpOptions {
  readonly allowLoopback: boolean;
  readonly bytes: number;
  readonly seconds: number;
  readonly requestsPerSecond?: number;
}

// An answer that asks for patience gets a little of it here; longer waits are the workflow's retries.
const patience = { tries: 3, seconds: 20 };

/** A client that follows no redirect, connects to allowed addresses only, and reads no more than it was told. */
export const httpClient = (options: HttpOptions): HttpClient => {
  const lookup = guardedLookup(options.allowLoopback);
  const agents = { 'https:': new https.Agent({ keepAlive: true }), 'http:': new http.Agent({ keepAlive: true }) };
  const pace = pacer(options.requestsPerSecond);
  const once = async (request: HttpRequest): Promise<HttpAnswer> => {
    await pace(request.signal);
    const agent = agents[request.url.protocol as 'https:'];
    return answerOf(request, { ...options, agent, lookup }).catch((error) => {
      throw named(error, request.signal);
    });
  };
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    for (let tries = 1; ; tries += 1) {
      const answer = await once(request);
      const wait = Number(answer.headers['retry-after'] ?? Number.NaN);
      const again =
        [429, 503].includes(answer.status) && wait >= 0 && wait <= patience.seconds && tries < patience.tries;
      if (!again) return accepted(answer);
      await sleep(wait * 1_000, undefined, { signal: request.signal });
    }
  };
  return { send, close: () => Object.values(agents).forEach((agent) => void agent.destroy()) };
};

const pacer = (perSecond: number | undefined) => {
  let free = 0;
  return async (signal?: AbortSignal): Promise<void> => {
    if (!perSecond) return;
    const now = performance.now();
    free = Math.max(now, free + 1_000 / perSecond);
    if (free > now) await sleep(free - now, undefined, { signal });
  };
};

type Transport = HttpOptions & { readonly agent: http.Agent; readonly lookup: ReturnType<typeof guardedLookup> };

const answerOf = async (request: HttpRequest, { agent, lookup, bytes, seconds }: Transport): Promise<HttpAnswer> => {
  const { url, method, headers, body } = request;
  const signal = AbortSignal.any([AbortSignal.timeout(seconds * 1_000), ...(request.signal ? [request.signal] : [])]);
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const { request: open } = url.protocol === 'https:' ? https : http;
  open(url, { method, headers: { ...headers, 'accept-encoding': 'identity' }, agent, lookup, signal })
    .on('response', resolve)
    .on('error', reject)
    .end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response, bytes) };
};

const textOf = async (response: http.IncomingMessage, limit: number): Promise<string> => {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = response.headers;
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  if (encoding !== 'identity' || !/^(utf-8|us-ascii)$/i.test(charset)) throw refused(response, 'is not plain UTF-8');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > limit) throw refused(response, `is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw refused(response, 'is not UTF-8');
  }
};

const refused = (response: http.IncomingMessage, why: string): Error => {
  response.destroy();
  return new SourceMalformed(`the answer ${why}`);
};

const passing = new Set([401, 403, 408, 425, 429]);

const accepted = (answer: HttpAnswer): HttpAnswer => {
  if (passing.has(answer.status) || answer.status >= 500) throw new SourceUnavailable(`answered ${answer.status}`);
  if (answer.status >= 300 && answer.status < 400) throw new SourceMalformed(`answered a redirect (${answer.status})`);
  return answer;
};

const named = (error: unknown, signal?: AbortSignal): unknown => {
  if (signal?.aborted) return signal.reason;
  if (error instanceof SourceMalformed) return error;
  if (error instanceof AddressRefused) return new SourceMalformed(error.message);
  return new SourceUnavailable('no answer');
};
