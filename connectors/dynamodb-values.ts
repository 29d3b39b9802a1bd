import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Value } from '../domain/connector.ts';
import { exactNumber } from './exact-json.ts';

/** What DynamoDB takes as a number: at most 38 digits. */
export const numeric = /^-?\d{1,38}$/;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const readers: Readonly<Record<string, (content: never) => Value>> = {
  S: (text: string) => text,
  N: exactNumber,
  BOOL: (flag: boolean) => flag,
  NULL: () => null,
  B: base64,
  SS: (texts: string[]) => texts,
  NS: (numbers: string[]) => numbers.map(exactNumber),
  BS: (binaries: Uint8Array[]) => binaries.map(base64),
  L: (list: AttributeValue[]) => list.map(attributeValue),
  M: (map: Record<string, AttributeValue>) =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [name, attributeValue(value)])),
};

/** An attribute as a value: numbers exact, sets as lists, binary as base64. */
export const attributeValue = (attribute: AttributeValue): Value => {
  const [type = '', content] = Object.entries(attribute)[0] ?? [];
  return readers[type]?.(content as never) ?? null;
};

/** The key at which a query goes on, as JSON can hold it. */
export const Keys = z.record(z.string(), z.tuple([z.enum(['S', 'N', 'B']), z.string()]));

/** A key of a table and its index. */
export type Key = Record<string, AttributeValue>;

/** Writes a key for a cursor. */
export const writtenKey = (key: Key): z.infer<typeof Keys> =>
  Object.fromEntries(
    Object.entries(key).map(([name, { S, N, B }]) => [
      name,
      S !== undefined ? ['S', S] : N ? ['N', N] : ['B', base64(B ?? new Uint8Array())],
    ]),
  );

/** Reads what `writtenKey` wrote. */
export const keyOf = (keys: z.infer<typeof Keys>): Key =>
  Object.fromEntries(
    Object.entries(keys).map(([name, [type, text]]) => [
      name,
      (type === 'B' ? { B: Buffer.from(text, 'base64') } : { [type]: text }) as AttributeValue,
    ]),
  );
