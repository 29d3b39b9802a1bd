import { createHash } from 'node:crypto';
import jmespath from 'jmespath';
import * as z from 'zod';
import type { Connector, ConnectorFactory, Lookup, Value } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { parseExactly } from './exact-json.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { type HttpAnswer, httpClient } from './rest-http.ts';
import { type Auth, RestCollection, RestOptions } from './rest-options.ts';
import { nextPage } from './rest-paging.ts';
import { requestOf, safeBase } from './rest-request.ts';
import { fieldsOf, rowOf } from './row.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** Any HTTP API that answers JSON, described in the data map: one request a value and page, on one host. */
export const rest: ConnectorFactory = ({ system, secret, allowLoopback }) => {
  const options = parsed(RestOptions, system.connector.options, 'connector.options');
  const collections = parsedCollections(RestCollection, system.collections);
  const base = safeBase(parsed(z.url(), secret.baseUrl ?? options.baseUrl, 'baseUrl'), allowLoopback);
  const headers = { ...jsonBoth, ...credentials[options.auth.type](secret, options.auth) };
  const client = httpClient({ ...options.limits, requestsPerSecond: options.requestsPerSecond, allowLoopback });
  const find: Connector['find'] = (lookup, from) => {
    const described =
      collections.get(lookup.collection) ?? parsed(RestCollection, lookup.collection.options, 'options');
    const page = pageReader(lookup, described);
    const ask = async (value: string, place: Place): Promise<Answer> => {
      const request = requestOf(base, described, value, place.position);
      return page(value, await client.send({ ...request, headers, signal: from?.signal }), place);
    };
    const values = [...new Set(lookup.values)].filter(isAskable);
    return walk(lookup.name, values, from, prefixed(lookup.name, ask), options.limits);
  };
  return { find, check: () => probe(system, find), close: async () => client.close() };
};

const jsonBoth = { accept: 'application/json', 'content-type': 'application/json' };

const Token = z.object({ token: z.string().regex(/^[\x21-\x7e]+$/, 'not a token') });
const Login = z.object({ username: z.string().min(1), password: z.string() });

type Credentials = (secret: unknown, auth: Auth) => Readonly<Record<string, string>>;

const credentials: Record<Auth['type'], Credentials> = {
  none: () => ({}),
  bearer: (secret) => ({ authorization: `Bearer ${parsed(Token, secret, 'secret').token}` }),
  header: (secret, auth) => ('name' in auth ? { [auth.name]: parsed(Token, secret, 'secret').token } : {}),
  basic: (secret) => {
    const { username, password } = parsed(Login, secret, 'secret');
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  },
};

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

const pageReader = (lookup: Lookup, described: RestCollection) => {
  const fields = fieldsOf(lookup);
  let before = '';
  return (value: string, answer: HttpAnswer, { position, rows }: Place): Answer => {
    if (described.nothing.includes(answer.status)) return { found: [] };
    if (answer.status !== 200) throw new SourceMalformed(`answered ${answer.status}`);
    const body = bodyOf(answer);
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

const itemsOf = (body: Value, { itemsPath }: RestCollection): readonly Item[] => {
  const items: unknown = jmespath.search(body, itemsPath);
  const isItem = (item: unknown) => typeof item === 'object' && item !== null && !Array.isArray(item);
  if (!Array.isArray(items) || !items.every(isItem)) throw new SourceMalformed(`no list of objects at ${itemsPath}`);
  return items;
};

const totalOf = (body: Value, { totalPath }: RestCollection): number | undefined => {
  if (!totalPath) return undefined;
  return parsed(z.int().min(0), jmespath.search(body, totalPath), totalPath);
};

const read = (item: Item, expression: string, value: string): Value | undefined => {
  if (expression === '{value}') return value;
  if (/^[\w$-]+$/.test(expression)) return Object.hasOwn(item, expression) ? item[expression] : undefined;
  return jmespath.search(item, expression);
};
