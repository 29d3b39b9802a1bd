import * as z from 'zod/mini';
import { anchorOf, type NamedHead, signedText } from '../domain/anchor.ts';
import { type Anchors, anchorsIn, headsIn, signerWith } from './aws/audit-store.ts';
import { auditFiles, now, requestsTable } from './aws/from-env.ts';
import { env } from './lib/env.ts';
import { log } from './lib/log.ts';
import { never, onTask, task } from './lib/task.ts';

interface Deps {
  readonly headsSince: (instant: string) => Promise<NamedHead[]>;
  readonly sign: (text: string) => Promise<string>;
  readonly anchors: Pick<Anchors, 'write' | 'newest'>;
  readonly now: () => Date;
}

const hour = 3_600_000;

/** A change names its instant before it is written, and clocks differ: the last hour is anchored twice. */
const overlapping = (after: string): string => after && new Date(Date.parse(after) - hour).toISOString();

/** Signs where the audit chains stand that grew since the last time, once a day, into a bucket where nothing can be changed (security.md 3.8). */
export const anchor = task({
  input: z.looseObject({}),
  async run(_: unknown, { headsSince, sign, anchors, now: clock }: Deps) {
    const at = clock();
    const after = await anchors.newest();
    const heads = await headsSince(overlapping(after));
    // Nothing more to sign until somebody writes.
    const idle = { idleUntil: never };
    if (heads.length === 0) return idle;
    const anchored = anchorOf(heads, at, after);
    await anchors.write({ anchor: anchored, heads, signature: await sign(signedText(anchored)) });
    log.info('anchored', { count: anchored.count });
    return { count: anchored.count, ...idle };
  },
});

export const handler = onTask(anchor, () => {
  const table = requestsTable();
  const sign = signerWith(env('AUDIT_KEY').AUDIT_KEY);
  return { headsSince: (instant) => headsIn(table, instant), sign, anchors: anchorsIn(auditFiles()), now };
});
