import type { IncomingHttpHeaders } from 'node:http';
import jmespath from 'jmespath';
import type { Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import type { Paging } from './rest-options.ts';

/** What a page told: its parsed body, its headers, its number of items, and the rows of all pages up to and with it. */
export interface Turned {
  readonly body: Value;
  readonly headers: IncomingHttpHeaders;
  readonly items: number;
  readonly rows: number;
}

/** How one kind of paging asks for a page, and learns whether there is another. A position is a text; the first page has none. */
interface Pager<P extends Paging> {
  params(paging: P, position: string | undefined): Readonly<Record<string, string>>;
  next(paging: P, position: string | undefined, turned: Turned): string | undefined;
}

const text = (value: unknown): string | undefined => {
  if (value === null || value === undefined || value === '' || value === false) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new SourceMalformed('the next cursor is neither a text nor a number');
};

const linked = (headers: IncomingHttpHeaders): string | undefined =>
  [headers.link ?? []]
    .flat()
    .join(',')
    .match(/<([^>]*)>\s*;[^,<]*\brel="?next"?/)?.[1];

// A source may give less than a page in the middle, so only an empty page ends page and offset paging.
const pagers: { readonly [T in Paging['type']]: Pager<Extract<Paging, { type: T }>> } = {
  none: { params: () => ({}), next: () => undefined },
  page: {
    params: ({ param, start }, position) => ({ [param]: position ?? `${start}` }),
    next: ({ start }, position, { items }) => (items === 0 ? undefined : `${Number(position ?? start) + 1}`),
  },
  offset: {
    params: ({ param }, position) => ({ [param]: position ?? '0' }),
    next: (_, __, { items, rows }) => (items === 0 ? undefined : `${rows}`),
  },
  cursor: {
    params: ({ param }, position) => (position === undefined ? {} : { [param]: position }),
    next: ({ next }, _, { body }) => text(jmespath.search(body, next)),
  },
  link: {
    params: () => ({}),
    next: ({ next }, _, { body, headers }) => (next ? text(jmespath.search(body, next)) : linked(headers)),
  },
};

const pagerOf = (paging: Paging): Pager<Paging> => pagers[paging.type] as Pager<Paging>;

/** The parameters that ask for the page at a position. */
export const pageParams = (paging: Paging, position: string | undefined): Record<string, string> => {
  const size = 'size' in paging && paging.size ? { [paging.size.param]: `${paging.size.value}` } : {};
  return { ...size, ...pagerOf(paging).params(paging, position) };
};

/** Where the page after this one is, if there is one. Throws SourceMalformed when fewer rows came than `total` announced. */
export const nextPage = (
  paging: Paging,
  position: string | undefined,
  turned: Turned,
  total: number | undefined,
): string | undefined => {
  const counted = paging.type === 'page' || paging.type === 'offset';
  if (counted && total !== undefined && turned.rows >= total) return undefined;
  const next = pagerOf(paging).next(paging, position, turned);
  if (next === undefined && total !== undefined && turned.rows < total)
    throw new SourceMalformed(`announced ${total} rows and gave ${turned.rows}`);
  return next;
};
