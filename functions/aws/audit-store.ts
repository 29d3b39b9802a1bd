import * as z from 'zod/mini';
import type { NamedHead, SignedAnchor } from '../../domain/anchor.ts';
import type { AuditEntry, AuditHead } from '../../domain/audit.ts';
import type { StoredChain, StoredEntry } from '../../domain/audit-check.ts';
import type { Files } from './files.ts';
import { smallCall } from './small-call.ts';
import type { Item, Table } from './table.ts';

const Head = z.object({ requestId: z.string(), n: z.int(), hash: z.string() });
const Signed = z.object({
  anchor: z.object({ version: z.literal(1), at: z.string(), count: z.int(), root: z.string() }),
  heads: z.array(Head),
  signature: z.string(),
});

/** The head of every chain: reads the whole table, once a day. */
export const headsIn = async (table: Pick<Table, 'scan'>): Promise<NamedHead[]> => {
  const heads: NamedHead[] = [];
  const ask = {
    ProjectionExpression: 'pk, #audit',
    FilterExpression: 'sk = :sk',
    ExpressionAttributeNames: { '#audit': 'audit' },
    ConsistentRead: true,
    values: { ':sk': 'REQUEST' },
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

/** Anchors in the Audit bucket, each under its instant: two of one day are two anchors. */
export const anchorsIn = (bucket: Files) => ({
  write: (signed: SignedAnchor): Promise<void> =>
    bucket.writeText(`anchors/${signed.anchor.at}.json`, JSON.stringify(signed), 'application/json'),

  async *all(): AsyncIterable<SignedAnchor & { readonly name: string }> {
    for (const name of await bucket.keys('anchors/'))
      yield { name, ...Signed.parse(JSON.parse(await bucket.readText(name))) };
  },
});
export type Anchors = ReturnType<typeof anchorsIn>;

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
