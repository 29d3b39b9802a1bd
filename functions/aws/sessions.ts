import { randomBytes } from 'node:crypto';
import { sha256 } from '../../domain/canonical.ts';
import type { Claims } from '../../domain/staff.ts';
import type { Item, Table, Write } from './table.ts';

/** A session ends eight hours after the sign-in, and after half an hour without a page (ASVS 7.3). */
const longest = 8 * 3_600_000;
const idle = 30 * 60_000;
/** A page writes that it was seen no oftener than this. */
const touchEvery = 60_000;

export interface Session {
  readonly claims: Claims;
  readonly at: string;
  readonly endsAt: string;
  readonly idleUntil: string;
}

const inMs = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();
const seconds = (instant: string): number => Math.ceil(Date.parse(instant) / 1000);

/** The cookie names the person's partition and the session in it; the table holds only the hash of the latter. */
const keyOf = (cookie: string) => {
  const [, person, token] = /^([\w-]{43})\.([\w-]{43})$/.exec(cookie) ?? [];
  return person && token ? { pk: `STAFF#${person}`, sk: `SESSION#${sha256(`session ${token}`)}` } : undefined;
};

const personOf = (issuer: string, subject: string): string =>
  Buffer.from(sha256(JSON.stringify(['staff', issuer, subject])), 'hex').toString('base64url');

const isLive = (item: Item | undefined, now: Date): boolean =>
  item !== undefined && [item.endsAt, item.idleUntil].every((at) => String(at) > now.toISOString());

/** Uses a sign-in's state up: joins the transaction of what it is used for; a second time is a Conflict. */
export const useOnce = (state: string, now: Date): Write => ({
  put: { pk: `STATE#${sha256(`state ${state}`)}`, sk: 'STATE', ttl: seconds(inMs(now, longest)) },
  condition: 'attribute_not_exists(pk)',
});

/** Sessions of staff: opaque, hashed at rest, revocable; all of a person's stand under one key, so that all can be ended. */
export const sessionsIn = (table: Table) => ({
  /** Begins a session once for a sign-in's state: a second time is a Conflict. Answers the cookie's value. */
  async begin(
    who: { issuer: string; subject: string },
    claims: Claims,
    state: string,
    now: Date,
    quiet = idle,
  ): Promise<string> {
    const person = personOf(who.issuer, who.subject);
    const cookie = `${person}.${randomBytes(32).toString('base64url')}`;
    const endsAt = inMs(now, longest);
    const session: Session = { claims, at: now.toISOString(), endsAt, idleUntil: inMs(now, quiet) };
    await table.transact([
      useOnce(state, now),
      { put: { ...keyOf(cookie), ...session, ttl: seconds(endsAt) }, condition: 'attribute_not_exists(pk)' },
    ]);
    return cookie;
  },

  /** The live session of a cookie; being seen keeps it from idling. */
  async find(cookie: string, now: Date): Promise<Session | undefined> {
    const key = keyOf(cookie);
    const found = key && (await table.get(key));
    if (!key || !found || !isLive(found, now)) return undefined;
    const idleUntil = inMs(now, idle);
    if (idleUntil > inMs(new Date(String(found.idleUntil)), touchEvery)) {
      const values = { ':until': idleUntil };
      await table.update(key, 'SET idleUntil = :until', values, { ConditionExpression: 'attribute_exists(pk)' });
    }
    return found as unknown as Session;
  },

  /** Ends this session, or all of this person's: only who holds one of them can, for a person's own name in the cookie is no secret. */
  async end(cookie: string, everywhere: boolean, now: Date): Promise<void> {
    const key = keyOf(cookie);
    if (!key || !isLive(await table.get(key), now)) return;
    const keys = everywhere ? await this.of(key.pk) : [key];
    const over = { ':now': now.toISOString() };
    const held = { ConditionExpression: 'attribute_exists(pk)' };
    await Promise.all(keys.map((each) => table.update(each, 'SET endsAt = :now', over, held)));
  },

  async of(pk: string): Promise<{ pk: string; sk: string }[]> {
    const items = await Array.fromAsync(table.query({ KeyConditionExpression: 'pk = :pk', values: { ':pk': pk } }));
    return items.map(({ sk }) => ({ pk, sk: String(sk) }));
  },
});
export type Sessions = ReturnType<typeof sessionsIn>;
