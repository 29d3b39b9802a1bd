import * as z from 'zod/mini';
import type { Connector, Found, Page } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { packed, unpacked } from './cursor.ts';

/** One answer of a source: what it held, and the position at which it goes on (absent at its end). */
export interface Answer {
  readonly found: readonly Found[];
  readonly next?: string;
}

/** Where a step has come to: the position its source gave (none at the start), and the rows it has given so far. */
export interface Place {
  readonly position?: string;
  readonly rows: number;
}

/** How many pages and rows a step may give before its source counts as endless. */
export interface Limits {
  readonly pages: number;
  readonly rows: number;
}

const generous: Limits = { pages: 100_000, rows: 10_000_000 };

const Resume = z.tuple([
  z.int().check(z.minimum(0)),
  z.object({ position: z.optional(z.string()), rows: z.int().check(z.minimum(0)) }),
]);
const start: Place = { rows: 0 };

/**
 * Asks a source step by step (a value, or a batch of values) and page by page, and gives each page the cursor to go on from.
 * Throws SourceMalformed when the source repeats a position or passes a limit: an endless source must not pass for a complete one.
 */
export async function* walk<Step>(
  name: string,
  steps: readonly Step[],
  from: Parameters<Connector['find']>[1],
  ask: (step: Step, place: Place) => Promise<Answer>,
  limits: Limits = generous,
): AsyncIterable<Page> {
  const [first, resumed] = from?.cursor === undefined ? [0, start] : unpacked(Resume, from.cursor);
  for (const [index, step] of [...steps.entries()].slice(first)) {
    const refuse = guard(name, limits);
    let place: Place | undefined = index === first ? resumed : start;
    while (place) {
      from?.signal?.throwIfAborted();
      const { found, next } = await ask(step, place);
      const rows: number = place.rows + found.length;
      refuse(next, rows);
      place = next === undefined ? undefined : { position: next, rows };
      const goOn = place ? [index, place] : index + 1 < steps.length ? [index + 1, start] : undefined;
      yield { found, ...(goOn && { cursor: packed(goOn) }) };
    }
  }
}

const guard = (name: string, limits: Limits) => {
  const seen = new Set<string>();
  return (next: string | undefined, rows: number): void => {
    if (rows > limits.rows) throw new SourceMalformed(`${name}: more than ${limits.rows} rows`);
    if (next === undefined) return;
    if (seen.has(next)) throw new SourceMalformed(`${name}: the source repeats a cursor`);
    seen.add(next);
    if (seen.size >= limits.pages) throw new SourceMalformed(`${name}: more than ${limits.pages} pages`);
  };
};
