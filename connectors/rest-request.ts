import { isIP } from 'node:net';
import type { Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { isAllowed, isLoopback } from './network.ts';
import { type Filling, filled } from './query-languages.ts';
import type { HttpRequest } from './rest-http.ts';
import type { RestCollection } from './rest-options.ts';
import { pageParams } from './rest-paging.ts';

/** A JSON body with the value in each text that asks for it; a text that is {fields} becomes the list of names. */
export const filledBody = (body: Value, filling: Filling): Value => {
  if (body === '{fields}') return filling.names;
  if (typeof body === 'string') return body.replaceAll('{value}', () => filling.value);
  if (Array.isArray(body)) return body.map((part) => filledBody(part, filling));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([name, part]) => [name, filledBody(part, filling)]));
};

const encoded = (params: Readonly<Record<string, string>>): string =>
  Object.entries(params)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');

/** Refuses what a connector must never call: plain http and private networks, but for this machine where that is allowed. */
export const safeBase = (text: string, allowLoopback: boolean): URL => {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const here = allowLoopback && isLoopback(host);
  if (url.protocol !== 'https:' && !(here && url.protocol === 'http:')) throw new SourceMalformed('baseUrl: not https');
  if (url.username || url.password) throw new SourceMalformed('baseUrl: holds credentials');
  if (isIP(host) && !isAllowed(host, allowLoopback)) throw new SourceMalformed('baseUrl: not a public address');
  return url;
};

// The host of the base is the only one that is ever called.
const linkedUrl = (base: URL, link: string): URL => {
  const url = URL.parse(link, base.href);
  if (url?.origin !== base.origin) throw new SourceMalformed('the next page is on another host');
  return url;
};

/** An address below the base. */
export const atPath = (base: URL, path: string, params: Readonly<Record<string, string>> = {}): URL => {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
  url.search = encoded(params);
  return url;
};

/** The request for one value and page; every value in it is percent-encoded or part of a JSON body. */
export const requestOf = (
  base: URL,
  { path, method, query, body, paging }: RestCollection,
  filling: Filling,
  position: string | undefined,
): Pick<HttpRequest, 'url' | 'method' | 'body'> => {
  if (paging.type === 'link' && position !== undefined) return { url: linkedUrl(base, position), method };
  const params = pageParams(paging, position);
  const own = Object.entries(query).map(([name, template]) => [name, filled(template, filling)]);
  const url = atPath(base, filled(path, filling, encodeURIComponent), {
    ...Object.fromEntries(own),
    ...(body ? {} : params),
  });
  if (!body) return { url, method };
  return { url, method, body: JSON.stringify({ ...(filledBody(body as Value, filling) as object), ...params }) };
};
