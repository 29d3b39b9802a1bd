import * as z from 'zod/mini';
import type { Connector, ConnectorContext, Lookup, Value } from '../domain/connector.ts';
import type { Collection } from '../domain/data-map.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { type Answered, pageReader } from './http-pages.ts';
import { parsed } from './options.ts';
import { probe } from './probe.ts';
import type { Filling } from './query-languages.ts';
import { authenticator } from './rest-auth.ts';
import { type HttpRequest, httpClient } from './rest-http.ts';
import type { RestOptions } from './rest-options.ts';
import { safeBase } from './rest-request.ts';
import { fieldsOf } from './row.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** How one kind of HTTP source is asked, and what else its answers are looked through for. */
export interface HttpDialect<C extends Answered> {
  readonly collection: z.ZodMiniType<C>;
  /** What a collection says, with what it need not say; default: its options. */
  described?(name: string, collection: Collection): unknown;
  request(base: URL, described: C, filling: Filling, position?: string): Pick<HttpRequest, 'url' | 'method' | 'body'>;
  /** Throws where a body with status 200 is no answer. */
  inspect?(body: Value): void;
}

/** A source that answers JSON over HTTPS: one request a value and page, on one host. */
export const httpSource = <C extends Answered>(
  { system, secret, allowLoopback }: ConnectorContext,
  options: RestOptions,
  dialect: HttpDialect<C>,
): Connector => {
  const describedIn = ([name, collection]: readonly [string, Collection]): C =>
    parsed(
      dialect.collection,
      dialect.described?.(name, collection) ?? collection.options,
      `collections.${name}.options`,
    );
  // What is described wrong is said before anything is asked.
  Object.entries(system.collections).forEach(describedIn);
  const base = safeBase(parsed(z.url(), secret.baseUrl ?? options.baseUrl, 'baseUrl'), allowLoopback);
  // So many functions may ask at once: together they keep the system's rate.
  const requestsPerSecond =
    options.requestsPerSecond && options.requestsPerSecond / (system.connector.concurrency ?? 1);
  const client = httpClient({ ...options.limits, requestsPerSecond, allowLoopback });
  const proof = authenticator({ auth: options.auth, secret, base, client, allowLoopback });
  const find: Connector['find'] = (lookup, from) => {
    const described = describedIn([lookup.name, lookup.collection]);
    const names = namesOf(lookup, described);
    const page = pageReader(lookup, described, dialect.inspect);
    const ask = async (value: string, place: Place): Promise<Answer> => {
      const { signal } = from ?? {};
      const headers = { ...jsonBoth, ...(await proof(signal)) };
      const request = dialect.request(base, described, { value, names }, place.position);
      return page(value, await client.send({ ...request, headers, signal }), place);
    };
    const values = [...new Set(lookup.values)].filter(isAskable);
    return walk(lookup.name, values, from, prefixed(lookup.name, ask), options.limits);
  };
  return { find, check: () => probe(system, find), close: async () => client.close() };
};

// The source's own names of the fields: what a query language selects. A name with signs stands in quotes in JMESPath.
const namesOf = (lookup: Lookup, { fields }: Answered): string[] =>
  fieldsOf(lookup)
    .map((field) => fields[field] ?? field)
    .filter((name) => name !== '{value}')
    .map((name) => name.replace(/^"(.*)"$/, '$1'));

const jsonBoth = { accept: 'application/json', 'content-type': 'application/json' };

// An empty value asks for everything, a dot walks up the path, and half a character can't be written in an address.
const isAskable = (value: string): boolean => value.isWellFormed() && !['', '.', '..'].includes(value);

const prefixed =
  (name: string, ask: (value: string, place: Place) => Promise<Answer>) =>
  async (value: string, place: Place): Promise<Answer> =>
    ask(value, place).catch((error) => {
      if (error instanceof SourceMalformed) throw new SourceMalformed(`${name}: ${error.message}`);
      if (error instanceof SourceUnavailable) throw new SourceUnavailable(`${name}: ${error.message}`);
      throw error;
    });
