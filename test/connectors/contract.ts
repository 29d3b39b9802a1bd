import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { exactly, formsOf } from '../../domain/identity.ts';

/** A person's row as the contract's sources hold it: `owner` is looked up, `n` counts the owner's rows. */
export interface Held {
  readonly id: string;
  readonly owner: string;
  readonly n: number;
}

/** The owners that every source of the contract is filled with, and how many rows each has. */
export const owners = {
  'jens.hansen@nordlys.example': 2_345,
  'jens.hansen1@nordlys.example': 2,
  'o_brien%@nordlys.example': 1,
  'søren+æøå@nordlys.example': 3,
  'Karen.Holm@Nordlys.example': 2,
} as const;

/** All rows of the contract, in the order of their ids, the owners interleaved. */
export const heldRows: readonly Held[] = Object.entries(owners)
  .flatMap(([owner, count]) => Array.from({ length: count }, (_, n) => ({ owner, n })))
  .toSorted((a, b) => a.n - b.n)
  .map((row, index) => ({ id: String(index + 1).padStart(6, '0'), ...row }));

const hostile = [
  `' or 1=1 --`,
  `'; drop table held; --`,
  '%',
  '_',
  '*',
  '*)(uid=*))(|(uid=*',
  '"',
  '\\',
  '$1',
  '$&',
  '{value}',
  '#{7*7}',
  '{"$ne":null}',
  'jens.hansen%',
  'jens.hansen@nordlys.exampl_',
  'jens.hansen@nordlys.example ',
  'jens.hansen@nordlys.example/',
  '../jens.hansen@nordlys.example',
  'x/../jens.hansen@nordlys.example',
  '..',
  '.',
  '',
  ' ',
  '\0',
  'a\r\nx-injected: 1',
  '\ud800',
  '😀',
  '%2e%2e%2f',
  'a&owner=jens.hansen@nordlys.example',
  'a#b?c=d',
  '__proto__',
  'x'.repeat(5_000),
];

/** How the suite reaches a source that holds `heldRows`, and one that is down. */
export interface Source {
  readonly connector: () => Connector;
  readonly lookup: (values: readonly string[]) => Lookup;
  /** A connector whose source does not answer. */
  readonly down: () => Connector;
  /** Whether the source finds an address that it stores in other letters' case than it is asked in. */
  readonly ignoresCase: boolean;
  /** The values of a row that can be told from the source's own answer; default: the row itself. */
  readonly heldOf?: (found: Found) => Held;
}

const all = async (pages: AsyncIterable<{ found: readonly Found[] }>): Promise<Found[]> => {
  const found: Found[] = [];
  for await (const page of pages) found.push(...page.found);
  return found;
};

const plain = ({ row }: Found): Held => ({ id: String(row.id), owner: String(row.owner), n: Number(row.n) });
const byId = (a: Held, b: Held) => a.id.localeCompare(b.id);
const expected = (...of: readonly string[]) => heldRows.filter(({ owner }) => of.includes(owner));

/** What every connector keeps, whatever it asks. */
export const keepsTheContract = (source: Source): void => {
  const heldOf = source.heldOf ?? plain;
  // As the gathering asks and compares: an address in its forms, and each row byte for byte.
  const held = async (...values: readonly string[]) => {
    const lookup = source.lookup(formsOf(values, true));
    const found = await all(source.connector().find(lookup));
    return found
      .filter(({ row }) => exactly(lookup.field, new Set(values), true)(row))
      .map(heldOf)
      .sort(byId);
  };

  test('T05: finds every row of a person over several pages, and no row of a near-identical address', async () => {
    expect(await held('jens.hansen@nordlys.example')).toEqual(expected('jens.hansen@nordlys.example'));
    expect(await held('jens.hansen1@nordlys.example')).toEqual(expected('jens.hansen1@nordlys.example'));
  });

  test('finds wildcards and letters of every alphabet as they are written', async () => {
    expect(await held('o_brien%@nordlys.example')).toEqual(expected('o_brien%@nordlys.example'));
    expect(await held('søren+æøå@nordlys.example')).toEqual(expected('søren+æøå@nordlys.example'));
  });

  test('finds an address that was typed in capitals, and one that is stored in capitals as it is stored', async () => {
    // Where case is ignored, each form of an address finds the same rows: the gathering keeps a key once.
    const once = (rows: readonly Held[]) => rows.filter(({ id }, place) => rows[place - 1]?.id !== id);
    expect(once(await held('JENS.HANSEN1@NORDLYS.EXAMPLE'))).toEqual(expected('jens.hansen1@nordlys.example'));
    expect(once(await held('Karen.Holm@Nordlys.example'))).toEqual(expected('Karen.Holm@Nordlys.example'));
    const other = source.ignoresCase ? expected('Karen.Holm@Nordlys.example') : [];
    expect(once(await held('karen.holm@nordlys.example'))).toEqual(other);
  });

  test('finds the rows of several values, each once, however often a value is given', async () => {
    const two = ['jens.hansen1@nordlys.example', 'søren+æøå@nordlys.example'];
    expect(await held(...two, ...two, 'nobody@nordlys.example')).toEqual(expected(...two));
  });

  test('finds nothing for nobody, and for no value at all', async () => {
    expect(await held('nobody@nordlys.example')).toEqual([]);
    expect(await held()).toEqual([]);
  });

  test('goes on after every cursor without repeating or losing a row', async () => {
    const values = ['jens.hansen@nordlys.example', 'søren+æøå@nordlys.example'];
    const found: Found[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      for await (const page of source.connector().find(source.lookup(values), { cursor })) {
        found.push(...page.found);
        cursor = page.cursor;
        break;
      }
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThan(2);
    expect(found.map(heldOf).sort(byId)).toEqual(expected(...values));
  });

  test('refuses a cursor that is not its own', async () => {
    const find = source.connector().find(source.lookup(['jens.hansen1@nordlys.example']), { cursor: 'not-a-cursor' });
    await expect(all(find)).rejects.toMatchObject({ name: 'SourceMalformed' });
  });

  test('T43: takes hostile values as values: they find nothing, break nothing and are not repeated in an error', async () => {
    for (const value of hostile) expect(await held(value), JSON.stringify(value)).toEqual([]);
    expect(await held(...hostile)).toEqual([]);
    expect(await held('jens.hansen1@nordlys.example')).toEqual(expected('jens.hansen1@nordlys.example'));
  });

  test('tells an outage from an empty answer, without naming whom it looked for', async () => {
    const find = source.down().find(source.lookup(['jens.hansen1@nordlys.example']));
    const failure = await all(find).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SourceUnavailable' });
    expect(String(failure)).not.toContain('jens');
    await expect(source.down().check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });

  test('checks a source that answers', async () => {
    await source.connector().check();
  });

  test('stops when it is told to, before a page and between pages', async () => {
    const lookup = source.lookup(['jens.hansen@nordlys.example']);
    const early = source.connector().find(lookup, { signal: AbortSignal.abort(new Error('stopped')) });
    await expect(all(early)).rejects.toThrow('stopped');
    const stop = new AbortController();
    const late = source.connector().find(lookup, { signal: stop.signal })[Symbol.asyncIterator]();
    expect((await late.next()).done).toBe(false);
    stop.abort(new Error('stopped'));
    await expect(late.next()).rejects.toThrow('stopped');
  });

  test('is usable after a reader left in the middle', async () => {
    const connector = source.connector();
    for await (const _ of connector.find(source.lookup(['jens.hansen@nordlys.example']))) break;
    await sleep(10);
    expect(await held('jens.hansen1@nordlys.example')).toEqual(expected('jens.hansen1@nordlys.example'));
  });
};
