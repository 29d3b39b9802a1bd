import { append, emptyChain } from '../../domain/audit.ts';
import { sha256 } from '../../domain/canonical.ts';
import type { Alert, Change, MailDraft } from '../../domain/change.ts';
import { choreAfter } from '../../domain/chores.ts';
import { Conflict, RequestNotFound, TransitionRefused } from '../../domain/errors.ts';
import { Mark, markName } from '../../domain/marks.ts';
import { type Case, isOver, Request, RightRecord, SourceRecord } from '../../domain/request.ts';
import { dueShard, sk } from './keys.ts';
import { overviewWrites } from './overview.ts';
import type { Item, Table, Write } from './table.ts';

/** Tells the dispatcher that a request's outbox holds something; the sweep finds it anyway, five minutes later at most. */
export type Signal = (requestId: string, items: readonly string[]) => Promise<void>;

const parseCase = (items: readonly Item[]): Case => {
  const found: { request?: Request; rights: RightRecord[]; sources: SourceRecord[] } = { rights: [], sources: [] };
  for (const item of items) {
    const kind = String(item.sk).split('#')[0];
    if (kind === 'REQUEST') found.request = Request.parse(item);
    if (kind === 'RIGHT') found.rights.push(RightRecord.parse(item));
    if (kind === 'SOURCE') found.sources.push(SourceRecord.parse(item));
  }
  if (!found.request) throw new RequestNotFound('no such request');
  return { request: found.request, rights: found.rights, sources: found.sources };
};

/** The same cause gives the same name, so that one cause is one mail (security.md 3.6). */
export const mailIdOf = (requestId: string, { template, cause, to }: MailDraft): string =>
  sha256(`${requestId} ${template} ${cause} ${to}`).slice(0, 24);

const outboxItem = (requestId: string, key: string, at: string, held: object) => ({
  pk: requestId,
  sk: key,
  dueShard: dueShard('outbox', requestId),
  nextActionAt: at,
  ...held,
});

/** The second channel's own outbox: the watchdog publishes it, whatever becomes of the mail. */
const alertWrite = (requestId: string, alert: Alert, at: string): Write => {
  const { key, ...held } = alert;
  return {
    put: {
      pk: requestId,
      sk: sk.alert(key),
      dueShard: dueShard('alert', requestId),
      nextActionAt: at,
      ...held,
    },
    condition: 'attribute_not_exists(pk)',
  };
};

const mailWrite = (requestId: string, draft: MailDraft, at: string): Write => {
  const key = sk.mail(mailIdOf(requestId, draft));
  const { from = at, ...rest } = draft;
  // What is still to come is not late: the watchdog counts from here.
  const mail = { kind: 'mail', state: 'PENDING', attempts: 0, createdAt: from, ...rest };
  return { put: outboxItem(requestId, key, from, mail), condition: 'attribute_not_exists(pk)' };
};

const sourceItem = (requestId: string, source: SourceRecord) => ({
  pk: requestId,
  sk: sk.source(source.round, source.system, source.wave),
  ...source,
});

const requestWrite = (next: Request, expected: number | undefined): Write => {
  const put = {
    pk: next.requestId,
    sk: sk.request,
    ...(next.nextActionAt ? { dueShard: dueShard('request', next.requestId) } : {}),
    ...next,
  };
  if (expected === undefined) return { put, condition: 'attribute_not_exists(pk)' };
  return { put, condition: '#version = :version', names: { '#version': 'version' }, values: { ':version': expected } };
};

/** Notes a choice about what to hold back; it joins the transaction that makes the manifest shown out of date. */
export const markWrite = (requestId: string, mark: Mark): Write => ({
  put: { pk: requestId, sk: sk.mark(markName(mark)), ...mark },
});

/** Makes housekeeping look at the request at a date. */
export const choreWrite = (requestId: string, nextActionAt: string): Write => ({
  put: { pk: requestId, sk: sk.chore, dueShard: dueShard('chore', requestId), nextActionAt },
});

/** Everything one change writes, as one transaction: the state, its audit entry, its mails, the next segment and housekeeping's date. */
export const writesOf = (change: Change, before: Request | undefined, at: string) => {
  const { requestId } = change.request;
  const { entry, head } = append(requestId, before?.audit ?? emptyChain, change.audit, at);
  const ended = isOver(change.request.status) ? { endedAt: change.request.endedAt ?? at } : {};
  const next: Request = { ...change.request, ...ended, version: (before?.version ?? 0) + 1, audit: head };
  const choreAt = choreAfter(before, next, change.sources ?? [], at);
  const { n, step, from = next.segment.at } = next.segment;
  const segment = { kind: 'segment', n, step, from };
  const mails = change.mails ?? [];
  const writes: Write[] = [
    requestWrite(next, before?.version),
    { put: { pk: requestId, sk: sk.audit(entry.n), ...entry }, condition: 'attribute_not_exists(pk)' },
    ...(change.rights ?? []).map((record) => ({ put: { pk: requestId, sk: sk.right(record.right), ...record } })),
    ...(change.sources ?? []).map((source) => ({ put: sourceItem(requestId, source) })),
    ...mails.map((draft) => mailWrite(requestId, draft, at)),
    ...(change.alerts ?? []).map((alert) => alertWrite(requestId, alert, at)),
    ...(change.goOn ? [{ put: outboxItem(requestId, sk.segment(segment.n), at, segment) }] : []),
    ...(choreAt ? [choreWrite(requestId, choreAt)] : []),
  ];
  const outbox = [
    ...mails.filter(({ from = at }) => from <= at).map((draft) => sk.mail(mailIdOf(requestId, draft))),
    ...(change.goOn ? [sk.segment(segment.n)] : []),
  ];
  return { writes, outbox, next };
};

/** The case as a change leaves it. */
const caseAfter = (change: Change, held: Case | undefined, request: Request): Case => {
  const { rights = [], sources = [] } = change;
  const kept = held?.rights.filter(({ right }) => !rights.some((each) => each.right === right)) ?? [];
  const name = ({ round, system, wave }: SourceRecord) => sk.source(round, system, wave);
  const left = held?.sources.filter((source) => !sources.some((each) => name(each) === name(source))) ?? [];
  return { request, rights: [...kept, ...rights], sources: [...left, ...sources] };
};

/** Requests as the table holds them. */
export const casesIn = (table: Table, signal: Signal, now: () => Date) => {
  const read = async (requestId: string): Promise<Case> => {
    const items: Item[] = [];
    const ask = {
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      values: { ':pk': requestId, ':from': sk.request },
    };
    for await (const item of table.query(ask)) items.push(item);
    return parseCase(items);
  };

  const write = async (change: Change, held: Case | undefined, at: Date, more: readonly Write[]): Promise<void> => {
    const { writes, outbox, next } = writesOf(change, held?.request, at.toISOString());
    const listed = overviewWrites(held, caseAfter(change, held, next), at.toISOString());
    await table.transact([...writes, ...listed, ...more]);
    if (outbox.length > 0) await signal(change.request.requestId, outbox);
  };

  const attempt = async (requestId: string, decide: Decide, more: readonly Write[]): Promise<Change | undefined> => {
    const held = await read(requestId);
    const at = now();
    const change = await decide(held, at);
    // Whatever comes late finds a record that tells nothing of a person, and leaves it so (F05).
    if (change && held.request.purgedAt) throw new TransitionRefused('request is purged');
    if (change) await write(change, held, at, more);
    return change;
  };

  return {
    read,

    /** The case, or undefined when there is none. */
    async find(requestId: string): Promise<Case | undefined> {
      try {
        return await read(requestId);
      } catch (error) {
        if (error instanceof RequestNotFound) return undefined;
        throw error;
      }
    },

    /** Writes a new request; answers false when it is there already (the same form sent twice). */
    async create(change: Change): Promise<boolean> {
      try {
        await write(change, undefined, now(), []);
        return true;
      } catch (error) {
        if (error instanceof Conflict) return false;
        throw error;
      }
    },

    /**
     * Reads the case, lets `decide` say what becomes of it, and writes that in one transaction. When somebody else wrote first it reads
     * and decides anew, five times. `decide` answers undefined when there is nothing to do. `more` joins the transaction.
     */
    async change(requestId: string, decide: Decide, more: readonly Write[] = []): Promise<Change | undefined> {
      for (let left = 5; ; left -= 1) {
        try {
          return await attempt(requestId, decide, more);
        } catch (error) {
          if (!(error instanceof Conflict) || left === 1) throw error;
        }
      }
    },

    /** Lets the watchdog look at a request later, unless somebody has changed it since: it stays as it is, so no audit entry tells of it. */
    async putOff({ requestId, version }: Request, nextActionAt: string): Promise<void> {
      const values = { ':at': nextActionAt, ':version': version };
      await table.update({ pk: requestId, sk: sk.request }, 'SET nextActionAt = :at', values, {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
      });
    },

    /**
     * Notes what a system answered, beside the request: systems answer at the same time and must not wait for each other. False when there
     * is an answer of this round already, which stays.
     */
    addSource: (requestId: string, source: SourceRecord): Promise<boolean> => table.add(sourceItem(requestId, source)),

    /** Puts a source's record in place of the one that is there. */
    async putSource(requestId: string, source: SourceRecord): Promise<void> {
      await table.put(sourceItem(requestId, source));
    },

    /** What the DPO chose to hold back. */
    async marks(requestId: string): Promise<Mark[]> {
      const marks: Mark[] = [];
      const values = { ':pk': requestId, ':mark': sk.mark('') };
      for await (const item of table.query({ KeyConditionExpression: 'pk = :pk AND begins_with(sk, :mark)', values }))
        marks.push(Mark.parse(item));
      return marks;
    },

    /** Where the last checkpoint of a system's reading lies. */
    async checkpoint(requestId: string, round: number, { system, wave }: Turn): Promise<string | undefined> {
      const values = { ':pk': requestId, ':sk': sk.checkpoint(round, system, wave) };
      for await (const { at } of table.query({ KeyConditionExpression: 'pk = :pk AND sk = :sk', values }))
        return String(at);
      return undefined;
    },

    async putCheckpoint(requestId: string, round: number, { system, wave }: Turn, at: string): Promise<void> {
      await table.put({ pk: requestId, sk: sk.checkpoint(round, system, wave), at });
    },

    /** The audit entries of a request, in order. */
    async *history(requestId: string): AsyncIterable<Item> {
      yield* table.query({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :audit)',
        values: { ':pk': requestId, ':audit': 'AUDIT#' },
      });
    },
  };
};
/** A system in one wave of the plan. */
export type Turn = Pick<SourceRecord, 'system' | 'wave'>;

/** `at` is the instant that the audit entry will carry. */
type Decide = (held: Case, at: Date) => Change | undefined | Promise<Change | undefined>;
export type Cases = ReturnType<typeof casesIn>;
