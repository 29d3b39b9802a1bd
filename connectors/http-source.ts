import { createHash } from 'node:crypto';
import jmespath from 'jmespath';
import * as z from 'zod';
import type { Connector, ConnectorContext, Lookup, Value } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { parseExactly } from './exact-json.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { authHeaders } from './rest-auth.ts';
import { type HttpAnswer, type HttpRequest, httpClient } from './rest-http.ts';
import type { Answered, RestOptions } from './rest-options.ts';
import { nextPage } from './rest-paging.ts';
import { safeBase } from './rest-request.ts';
import { fieldsOf, rowOf } from './row.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** How one kind of HTTP source is asked, and what else its answers are looked through for. */
export interface HttpDialect<C extends Answered> {
  readonly collection: z.ZodType<C>;
  request(base: URL, described: C, value: string, position?: string): Pick<HttpRequest, 'url' | 'method' | 'body'>;
  /** Throws where a body with status 200 is no answer. */
  inspect?(body: Value): void;
}

/** A source that answers JSON over HTTPS: one request a value and page, on one host. */
export const httpSource = <C extends Answered>(
  { system, secret, allowLoopback }: ConnectorContext,
  options: RestOptions,
  dialect: HttpDialect<C>,
): Connector => {
  const collections = parsedCollections(dialect.collection, system.collections);
  const base = safeBase(parsed(z.url(), secret.baseUrl ?? options.baseUrl, 'baseUrl'), allowLoopback);
  const headers = { ...jsonBoth, ...authHeaders(secret, options.auth) };
  const client = httpClient({ ...options.limits, requestsPerSecond: options.requestsPerSecond, allowLoopback });
  const find: Connector['find'] = (lookup, from) => {
    const described =
      collections.get(lookup.collection) ?? parsed(dialect.collection, lookup.collection.options, 'options');
    const page = pageReader(lookup, described, dialect.inspect);
    const ask = async (value: string, place: Place): Promise<Answer> => {
      const request = dialect.request(base, described, value, place.position);
      return page(value, await client.send({ ...request, headers, signal: from?.signal }), place);
    };
    const values = [...new Set(lookup.values)].filter(isAskable);
    return walk(lookup.name, values, from, prefixed(lookup.name, ask), options.limits);
  };
  return { find, check: () => probe(system, find), close: async () => client.close() };
};

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

const pageReader = (lookup: Lookup, described: Answered, inspect?: (body: Value) => void) => {
  const fields = fieldsOf(lookup);
  let before = '';
  return (value: string, answer: HttpAnswer, { position, rows }: Place): Answer => {
    if (described.nothing.includes(answer.status)) return { found: [] };
    if (answer.status !== 200) throw new SourceMalformed(`answered ${answer.status}`);
    const body = bodyOf(answer);
    inspect?.(body);
    const items = itemsOf(body, described);
    const print = createHash('sha256').update(value).update(answer.text).digest('hex');
    if (items.length > 0 && print === before) throw new SourceMalformed('the source repeats a page');
    before = print;
    const turned = { body, headers: answer.headers, items: items.length, rows: rows + items.length };
    const next = nextPage(described.paging, position, turned, totalOf(body, described));
    return {
      found: items.map((item) => ({
        row: rowOf(fields, (field) => read(item, described.fields[field] ?? field, value)),
      })),
      next,
    };
  };
};

const bodyOf = ({ text }: HttpAnswer): Value => {
  try {
    return parseExactly(text);
  } catch {
    throw new SourceMalformed('the answer is not JSON that can be trusted');
  }
};

type Item = Readonly<Record<string, Value>>;

const itemsOf = (body: Value, { itemsPath }: Answered): readonly Item[] => {
  const items: unknown = jmespath.search(body, itemsPath);
  const isItem = (item: unknown) => typeof item === 'object' && item !== null && !Array.isArray(item);
  if (!Array.isArray(items) || !items.every(isItem)) throw new SourceMalformed(`no list of objects at ${itemsPath}`);
  return items;
};

const totalOf = (body: Value, { totalPath }: Answered): number | undefined => {
  if (!totalPath) return undefined;
  return parsed(z.int().min(0), jmespath.search(body, totalPath), totalPath);
};

const read = (item: Item, expression: string, value: string): Value | undefined => {
  if (expression === '{value}') return value;
  if (/^[\w$-]+$/.test(expression)) return Object.hasOwn(item, expression) ? item[expression] : undefined;
  return jmespath.search(item, expression);
};
