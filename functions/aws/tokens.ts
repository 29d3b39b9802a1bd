import { randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../domain/canonical.ts';
import { systemKey, tokenKey } from './keys.ts';
import type { Table, Write } from './table.ts';

/** What a link is good for; a token of one purpose is nothing at another's address (T22). */
export type Purpose = 'confirm' | 'status' | 'dpo' | 'owner' | 'download' | 'calendar' | 'decider-code';

export interface TokenFacts {
  readonly purpose: Purpose;
  readonly requestId: string;
  readonly reference: string;
  readonly recipient: string;
  /** For an owner's link: the system. */
  readonly about?: string;
  readonly expiresAt: Date;
  /** A code that must be typed beside the link. */
  readonly code?: string;
}

export interface Token {
  readonly hash: string;
  readonly purpose: Purpose;
  readonly requestId: string;
  readonly reference: string;
  readonly recipient: string;
  readonly about?: string;
  readonly expiresAt: string;
  readonly usedAt?: string;
  readonly attempts: number;
  readonly codeHash?: string;
  readonly codeExpiresAt?: string;
  readonly codesSent?: number;
}

/** What opened a request: a mailed link, or the session of whoever signed in. */
export type Link = Pick<Token, 'hash' | 'requestId' | 'reference'>;

export const maxAttempts = 5;
/** Longer than a request stays open after a link to it: until then a new one can be asked for by the one that ended. */
const keptAfterExpiry = 60 * 86_400;

const hashOf = (token: string): string => sha256(`token ${token}`);
const codeHash = (hash: string, code: string): string => sha256(`code ${hash} ${code}`);
/** Where the code of a person behind a link stands. */
export const codePlace = (link: string, person: string): string => sha256(`decider ${link} ${person}`);
const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** 256 bits for the link; the table holds only their SHA-256. The write joins the transaction that sends the link. */
export const mint = ({ expiresAt, code, ...facts }: TokenFacts): { token: string; hash: string; write: Write } => {
  const token = randomBytes(32).toString('base64url');
  const hash = hashOf(token);
  const put = {
    pk: tokenKey(hash),
    sk: 'TOKEN',
    hash,
    ...facts,
    expiresAt: expiresAt.toISOString(),
    attempts: 0,
    ...(code ? { codeHash: codeHash(hash, code) } : {}),
    // TTL is a backstop that may come days late; every read checks expiresAt.
    ttl: Math.ceil(expiresAt.getTime() / 1000) + keptAfterExpiry,
  };
  return { token, hash, write: { put, condition: 'attribute_not_exists(pk)' } };
};

const feedKey = { pk: systemKey, sk: 'CALENDAR' };

/** The one calendar feed that works: a new address closes the one before. */
export const newFeed = (hash: string): Write => ({ put: { ...feedKey, hash } });

/**
 * The place of a code for one person who decides behind one link: the code itself is made as its mail goes out. Asked for again it is a new
 * one, and the one before is void.
 */
export const placeForCode = ({ hash: link, requestId, reference }: Link, person: string, now: Date) => {
  const hash = codePlace(link, person);
  const expiresAt = new Date(now.getTime() + 3_600_000);
  const facts = { purpose: 'decider-code', requestId, reference, recipient: person, attempts: 0 };
  const put = {
    pk: tokenKey(hash),
    sk: 'TOKEN',
    hash,
    ...facts,
    expiresAt: expiresAt.toISOString(),
    ttl: Math.ceil(expiresAt.getTime() / 1000) + keptAfterExpiry,
  };
  return { hash, write: { put } };
};

/** Puts a fresh code on a token and frees its attempts: the old code is void. Lives 10 minutes. */
export const newCode = (hash: string, code: string, now: Date): Write => ({
  update: { pk: tokenKey(hash), sk: 'TOKEN' },
  expression: 'SET codeHash = :code, codeExpiresAt = :until, attempts = :none',
  values: { ':code': codeHash(hash, code), ':until': new Date(now.getTime() + 600_000).toISOString(), ':none': 0 },
  condition: 'attribute_exists(pk)',
});

/** Uses a token up: joins the transaction of what it is used for; a second use is a Conflict (I14). */
export const consume = (hash: string, now: Date): Write => ({
  update: { pk: tokenKey(hash), sk: 'TOKEN' },
  expression: 'SET usedAt = :now',
  values: { ':now': now.toISOString() },
  condition: 'attribute_not_exists(usedAt) AND expiresAt > :now',
});

/** `left`: further attempts; `void`: the code was spent, or is too old. */
export type CodeCheck =
  | { readonly right: true }
  | { readonly right: false; readonly left: number; readonly void?: true };

/** The hash of the code that can be typed now; undefined when none was sent, or it was spent or is too old. */
export const codeNow = (token: Pick<Token, 'codeHash' | 'codeExpiresAt'>, now: Date): string | undefined =>
  token.codeExpiresAt && token.codeExpiresAt <= now.toISOString() ? undefined : token.codeHash;

const parse = (item: Record<string, unknown> | undefined): Token | undefined => item as Token | undefined;

/** Link tokens: opaque, hashed at rest, bound to purpose, request and recipient. */
export const tokensIn = (table: Table) => ({
  /** The token of a link, or undefined for an unknown, expired or foreign one: they look the same from outside. */
  async find(token: string, purpose: Purpose, now: Date): Promise<Token | undefined> {
    if (!/^[\w-]{43}$/.test(token)) return undefined;
    const found = parse(await table.get({ pk: tokenKey(hashOf(token)), sk: 'TOKEN' }));
    if (found?.purpose !== purpose || found.expiresAt <= now.toISOString()) return undefined;
    return found;
  },

  /** The token of a link that was once sent for the purpose, whether or not it has ended. */
  async sent(token: string, purpose: Purpose): Promise<Token | undefined> {
    const found = parse(await table.get({ pk: tokenKey(hashOf(token)), sk: 'TOKEN' }));
    return found?.purpose === purpose ? found : undefined;
  },

  /** Whether this is the calendar feed in force. */
  async isFeed({ hash }: Token): Promise<boolean> {
    return (await table.get(feedKey))?.hash === hash;
  },

  /** Counts the attempt first, in one atomic write, and compares then: 500 guesses at once get 5 comparisons (T20). */
  async check({ hash }: Pick<Token, 'hash'>, code: string, now: Date): Promise<CodeCheck> {
    const at = now.toISOString();
    const counted = parse(
      await table.update(
        { pk: tokenKey(hash), sk: 'TOKEN' },
        'ADD attempts :one',
        { ':one': 1, ':max': maxAttempts, ':now': at },
        {
          ConditionExpression: 'attempts < :max AND expiresAt > :now',
        },
      ),
    );
    if (!counted) return { right: false, left: 0 };
    const expected = codeNow(counted, now);
    if (!expected) return { right: false, left: 0, void: true };
    if (same(expected, codeHash(hash, code))) return { right: true };
    return { right: false, left: maxAttempts - counted.attempts };
  },

  /** Counts a code sent for a link: false after five in a token's life. */
  async countCode({ hash }: Token): Promise<number | undefined> {
    const counted = await table.update(
      { pk: tokenKey(hash), sk: 'TOKEN' },
      'ADD codesSent :one',
      { ':one': 1, ':max': 5 },
      {
        ConditionExpression: 'attribute_not_exists(codesSent) OR codesSent < :max',
      },
    );
    return counted?.codesSent as number | undefined;
  },

  /** A one-time code is gone once it opened something: of two who bring it at once one gets true. */
  async spendCode({ hash }: Pick<Token, 'hash'>): Promise<boolean> {
    const unspent = { ConditionExpression: 'attribute_exists(codeHash)' };
    return (await table.update({ pk: tokenKey(hash), sk: 'TOKEN' }, 'REMOVE codeHash', {}, unspent)) !== undefined;
  },

  /** Where there are several files a code opens each once while it lives; a right one costs no try. */
  async spendCodeOn({ hash }: Pick<Token, 'hash'>, file: number): Promise<boolean> {
    const opened = `opened${file}`;
    const unspent = {
      ConditionExpression: `attribute_exists(codeHash) AND (attribute_not_exists(${opened}) OR ${opened} <> codeHash)`,
    };
    const spend = `SET ${opened} = codeHash ADD attempts :back`;
    return (await table.update({ pk: tokenKey(hash), sk: 'TOKEN' }, spend, { ':back': -1 }, unspent)) !== undefined;
  },
});
export type Tokens = ReturnType<typeof tokensIn>;
