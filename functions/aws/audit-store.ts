import * as z from 'zod/mini';
import type { NamedHead, SignedAnchor } from '../../domain/anchor.ts';
import type { AuditEntry, AuditHead } from '../../domain/audit.ts';
import type { StoredChain, StoredEntry } from '../../domain/audit-check.ts';
import type { Files } from './files.ts';
import { smallCall } from './small-call.ts';
import type { Item, Table } from './table.ts';

const Head = z.object({ requestId: z.string(), n: z.int(), hash: z.string() });
const Signed = z.object({
  anchor: z.object({ version: z.literal(1), at: z.string(), after: z.string(), count: z.int(), root: z.string() }),
  heads: z.array(Head),
  signature: z.string(),
});

/** The head of every chain that grew after an ISO instant: reads the whole table, once a day. */
export const headsIn = async (table: Pick<Table, 'scan'>, instant: string): Promise<NamedHead[]> => {
  const heads: NamedHead[] = [];
  const ask = {
    ProjectionExpression: 'pk, #audit',
    FilterExpression: 'sk = :sk AND #audit.#at > :at',
    ExpressionAttributeNames: { '#audit': 'audit', '#at': 'at' },
    ConsistentRead: true,
    values: { ':sk': 'REQUEST', ':at': instant || '0' },
  };
  for await (const { pk, audit } of table.scan(ask)) heads.push(Head.parse({ requestId: pk, ...(audit as AuditHead) }));
  return heads;
};

/** Every partition that holds a request or an audit entry, whichever is left of them. */
export const chainsIn = async (table: Pick<Table, 'scan'>): Promise<Set<string>> => {
  const ids = new Set<string>();
  const ask = {
    ProjectionExpression: 'pk',
    FilterExpression: 'sk = :sk OR begins_with(sk, :audit)',
    values: { ':sk': 'REQUEST', ':audit': 'AUDIT#' },
  };
  for await (const { pk } of table.scan(ask)) ids.add(String(pk));
  return ids;
};

const storedEntry = ({ pk: _, sk, ...entry }: Item): StoredEntry => ({
  place: Number(String(sk).slice('AUDIT#'.length)),
  entry: entry as unknown as AuditEntry,
});

/** A chain as it stands now. */
export const chainIn = async (table: Pick<Table, 'query'>, requestId: string): Promise<StoredChain> => {
  const items: Item[] = [];
  const ask = {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    values: { ':pk': requestId, ':from': 'AUDIT#', ':to': 'REQUEST' },
  };
  for await (const item of table.query(ask)) items.push(item);
  const request = items.find(({ sk }) => sk === 'REQUEST');
  const entries = items.filter(({ sk }) => String(sk).startsWith('AUDIT#')).map(storedEntry);
  return { requestId, entries, ...(request ? { head: request.audit as AuditHead } : {}) };
};

const prefix = 'anchors/';

/** Anchors in the Audit bucket, each under its instant. */
export const anchorsIn = (bucket: Files) => ({
  write: (signed: SignedAnchor): Promise<void> =>
    bucket.writeText(`${prefix}${signed.anchor.at}.json`, JSON.stringify(signed), 'application/json'),

  /** Instant of the newest, or empty. */
  async newest(): Promise<string> {
    return (await bucket.keys(prefix)).at(-1)?.slice(prefix.length, -'.json'.length) ?? '';
  },

  /** Every version of every anchor, hidden ones too: a delete marker or a newer version hides what Object Lock keeps. */
  async *all(): AsyncIterable<{ readonly name: string; readonly signed: SignedAnchor | undefined }> {
    for (const { key, versionId } of await bucket.versions(prefix)) {
      yield { name: key, signed: parsed(await bucket.readText(key, versionId)) };
    }
  },
});
export type Anchors = ReturnType<typeof anchorsIn>;

/** Undefined for what is no anchor of ours, whatever it is. */
const parsed = (text: string): SignedAnchor | undefined => {
  try {
    return Signed.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const signing = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Sign' };

/** Signs by a key that never leaves KMS: ECDSA P-256 over the text's SHA-256, DER in base64. */
export const signerWith =
  (KeyId: string) =>
  async (text: string): Promise<string> => {
    const Message = Buffer.from(text).toString('base64');
    const body = JSON.stringify({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' });
    const { Signature } = JSON.parse(await smallCall({ service: 'kms', headers: signing, body })) as {
      Signature: string;
    };
    return Signature;
  };
