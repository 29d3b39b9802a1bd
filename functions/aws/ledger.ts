import * as z from 'zod/mini';
import { Status } from '../../domain/request.ts';
import type { Files } from './files.ts';

/** That a request was purged: its pseudonym, when, how it had ended, and the head of its audit chain then. */
export const LedgerEntry = z.object({
  requestId: z.string(),
  at: z.iso.datetime(),
  status: Status,
  audit: z.object({ n: z.int(), hash: z.string(), at: z.string() }),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * The purge ledger, in the Audit bucket and not in the table: a table restored to an earlier moment has lost what was written since, and
 * the ledger is what tells it (security.md 3.9, F32).
 */
export const ledgerIn = (bucket: Files) => ({
  async write(entry: LedgerEntry): Promise<void> {
    await bucket.writeText(`purged/${entry.requestId}.json`, JSON.stringify(entry), 'application/json');
  },

  async *entries(): AsyncIterable<LedgerEntry> {
    for (const key of await bucket.keys('purged/')) yield LedgerEntry.parse(JSON.parse(await bucket.readText(key)));
  },
});
export type Ledger = ReturnType<typeof ledgerIn>;
