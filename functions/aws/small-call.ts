import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from './credentials.ts';

/** SHA-256 and HMAC-SHA-256 as the signer wants them, from Node. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as NodeJS.ArrayBufferView);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

const region = (): string => process.env.AWS_REGION ?? '';

/** The SDK's own signer, for one service. */
export const signerFor = (service: string): SignatureV4 =>
  new SignatureV4({
    service,
    region: region(),
    credentials: defaultProvider(),
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });

/** Where a service answers: off AWS everything is at one endpoint. */
export const placeOf = (host: string) => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const { protocol, hostname, port } = new URL(endpoint ?? `https://${host}`);
  return { protocol, hostname, ...(port ? { port: Number(port) } : {}), off: endpoint !== undefined };
};

const http = new NodeHttpHandler();

export interface SmallCall {
  readonly service: string;
  /** Where the service answers on AWS; by default its regional endpoint. */
  readonly host?: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const failed = (service: string, status: number): Error => {
  const error = new Error(`${service} answered ${status}`);
  error.name = `Status${status}`;
  // As the SDK says it, so that an outage is told from a refusal in one way.
  return Object.assign(error, { $metadata: { httpStatusCode: status } });
};

/** Tries in all, and the longest pause before the second; twice that before the third. A person waits for the page. */
const tries = 3;
const pause = 100;

interface Answered {
  readonly status: number;
  readonly bytes: Buffer;
}

/** What another try may mend: the service is busy or broken. Some services say "too many" with status 400. */
const mayPass = ({ status, bytes }: Answered): boolean =>
  status === 429 || status >= 500 || (status === 400 && /Throttl|TooManyRequests|LimitExceeded/.test(bytes.toString()));

const once = async (service: string, request: HttpRequest): Promise<Answered> => {
  const { response } = await http.handle((await signerFor(service).sign(request)) as HttpRequest);
  const parts: Buffer[] = [];
  for await (const part of response.body) parts.push(Buffer.from(part));
  return { status: response.statusCode, bytes: Buffer.concat(parts) };
};

/** With pauses of any length up to a bound that doubles, so that many who failed together do not come back together. */
const persistently = async (service: string, request: HttpRequest): Promise<Answered> => {
  for (let n = 1; ; n += 1) {
    const last = n === tries;
    // A connection that broke is tried again too; the last failure is the caller's.
    const answered = await once(service, request).catch((error: Error) => {
      if (last) throw error;
      return undefined;
    });
    if (answered && (last || !mayPass(answered))) return answered;
    await sleep(Math.random() * pause * 2 ** (n - 1));
  }
};

/**
 * One signed call of a service, and its answer's bytes; anything but success is an error named after the status. A service that is busy or
 * broken is asked three times in all, so what is called must bear being done twice. For functions that make a
 * single simple call of a service: its whole client costs a page function 27 to 130 kB and a tenth of its start (bench/cold-start.ts).
 */
export const smallBytes = async ({
  service,
  host,
  method = 'POST',
  path = '/',
  query,
  headers = {},
  body,
}: SmallCall) => {
  const { off: _, ...place } = placeOf(host ?? `${service}.${region()}.amazonaws.com`);
  const named = place.port ? `${place.hostname}:${place.port}` : place.hostname;
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const request = new HttpRequest({
    ...place,
    method,
    path,
    query,
    body,
    headers: { host: named, ...length, ...headers },
  });
  const { status, bytes } = await persistently(service, request);
  if (![200, 204, 206].includes(status)) throw failed(service, status);
  return bytes;
};

/** The same, of a service that answers a text. */
export const smallCall = async (call: SmallCall): Promise<string> => (await smallBytes(call)).toString('utf8');
