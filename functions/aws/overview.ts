import { canonical } from '../../domain/canonical.ts';
import { type Fact, factsOf } from '../../domain/month.ts';
import { type Summary, summaryOf } from '../../domain/overview.ts';
import { instantsOf, type MonthTotals, monthAfter, totalsOf } from '../../domain/report.ts';
import type { Case } from '../../domain/request.ts';
import { monthKey, openKey, referenceKey, shardOf, shards, totalsKey } from './keys.ts';
import type { Item, Table, Write } from './table.ts';

/** An entry that is no longer wanted is marked, and TTL takes it: so nobody needs the right to delete. */
const listWrite = ({ requestId }: Case['request'], summary: Summary | undefined, at: string): Write => ({
  put: {
    pk: openKey(shardOf(requestId)),
    sk: requestId,
    ...(summary ? { summary } : { over: true, ttl: Math.floor(Date.parse(at) / 1000) }),
  },
});

const factWrite = (fact: Fact): Write => ({
  put: { pk: monthKey(fact.at.slice(0, 7)), sk: `${fact.at}#${fact.what}#${fact.requestId}#${fact.right}`, ...fact },
});

const named = ({ reference, requestId }: Case['request']): Write => ({
  put: { pk: referenceKey(reference), sk: 'REFERENCE', requestId },
});

/** What a change of a request writes beside it: its entry in the overview where that changes, and what the month's figures count. */
export const overviewWrites = (held: Case | undefined, next: Case, at: string): Write[] => {
  const [before, after] = [held && summaryOf(held), summaryOf(next)];
  const changed = canonical(before ?? null) !== canonical(after ?? null);
  return [
    ...(held ? [] : [named(next.request)]),
    ...(changed ? [listWrite(next.request, after, at)] : []),
    ...factsOf(held, next, at).map(factWrite),
  ];
};

/** The months in UTC (`2026-10`) that two instants and what lies between them are in. */
const monthsBetween = (from: string, to: string): string[] => {
  const months: string[] = [];
  for (let at = from.slice(0, 7); at <= to.slice(0, 7); at = monthAfter(at, 1)) months.push(at);
  return months;
};

/** How many open requests a shard is read for: with two shards 20,000, some 6 MB. */
const mostPerShard = 10_000;

export interface Month {
  /** `2026-10` */
  readonly month: string;
  readonly totals: MonthTotals;
  readonly isKept: boolean;
}

/** The overview's own items: what is open, what happened, and which request a number names. No scan and no index. */
export const overviewIn = (table: Table) => {
  const openIn = async (shard: number): Promise<{ found: Summary[]; more: boolean }> => {
    const found: Summary[] = [];
    const ask = { KeyConditionExpression: 'pk = :pk', values: { ':pk': openKey(shard) } };
    for await (const { summary } of table.query(ask)) {
      if (summary) found.push(summary as Summary);
      if (found.length === mostPerShard) return { found, more: true };
    }
    return { found, more: false };
  };

  const between = (pk: string, from: string, to: string): AsyncIterable<Item> =>
    table.query({
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      values: { ':pk': pk, ':from': from, ':to': to },
    });

  const facts = async (from: string, to: string): Promise<Fact[]> => {
    // More stands behind the instant in a sort key.
    const read = monthsBetween(from, to).map((month) => Array.fromAsync(between(monthKey(month), from, `${to}~`)));
    return (await Promise.all(read)).flat() as unknown as Fact[];
  };

  return {
    /** Every open request, the most urgent first. `more`: there are so many that not all were read. */
    async open(): Promise<{ open: Summary[]; more: boolean }> {
      const found = await Promise.all(shards.map(openIn));
      const open = found.flatMap((each) => each.found);
      open.sort((a, b) => (`${a.due} ${a.receivedAt}` < `${b.due} ${b.receivedAt}` ? -1 : 1));
      return { open, more: found.some(({ more }) => more) };
    },

    /** The request that a case number names. */
    async named(reference: string): Promise<string | undefined> {
      return (await table.get({ pk: referenceKey(reference), sk: 'REFERENCE' }))?.requestId as string | undefined;
    },

    /** What happened from one instant to another, both included, in order. */
    facts,

    /**
     * The totals of so many months up to one (`2026-10`), the earliest first: as they were kept when the month was over, and of the others,
     * which are read in one go, from what happened in them.
     */
    async months(last: string, count: number, timeZone: string): Promise<Month[]> {
      const names = Array.from({ length: count }, (_, n) => monthAfter(last, n + 1 - count));
      const items = await Array.fromAsync(between(totalsKey, names[0] as string, last));
      const kept = new Map(items.map(({ sk, totals }) => [sk, totals as MonthTotals]));
      const others = names.filter((month) => !kept.has(month)).map((month) => instantsOf(month, timeZone));
      const happened = others.length > 0 ? await facts(others[0]?.from as string, others.at(-1)?.to as string) : [];
      return names.map((month) => {
        const { from, to } = instantsOf(month, timeZone);
        const during = () => happened.filter(({ at }) => from <= at && at <= to);
        return { month, totals: kept.get(month) ?? totalsOf(during(), timeZone), isKept: kept.has(month) };
      });
    },

    async putTotals(month: string, totals: MonthTotals): Promise<void> {
      await table.put({ pk: totalsKey, sk: month, totals });
    },
  };
};
export type Overview = ReturnType<typeof overviewIn>;
