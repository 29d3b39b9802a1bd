import { createHash } from 'node:crypto';
import jmespath from 'jmespath';
import * as z from 'zod/mini';
import type { Lookup, Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { parseExactly } from './exact-json.ts';
import { parsed } from './options.ts';
import type { HttpAnswer } from './rest-http.ts';
import type { RestCollection } from './rest-options.ts';
import { nextPage } from './rest-paging.ts';
import { fieldsOf, rowOf } from './row.ts';
import type { Answer, Place } from './steps.ts';

/** The part of a description that says how an answer is read. */
export type Answered = Pick<RestCollection, 'itemsPath' | 'fields' | 'paging' | 'totalPath' | 'nothing'>;

/** Reads one answer after another of a look-up: its rows, and where the next page is. Throws SourceMalformed for what is no answer. */
export const pageReader = (lookup: Lookup, described: Answered, inspect?: (body: Value) => void) => {
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
  return parsed(z.int().check(z.minimum(0)), jmespath.search(body, totalPath), totalPath);
};

const read = (item: Item, expression: string, value: string): Value | undefined => {
  if (expression === '{value}') return value;
  if (/^[\w$-]+$/.test(expression)) return Object.hasOwn(item, expression) ? item[expression] : undefined;
  return jmespath.search(item, expression);
};
