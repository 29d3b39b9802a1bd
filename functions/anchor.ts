import * as z from 'zod/mini';
import { anchorOf, type NamedHead, signedText } from '../domain/anchor.ts';
import { type Anchors, anchorsIn, headsIn, signerWith } from './aws/audit-store.ts';
import { auditFiles, now, requestsTable } from './aws/from-env.ts';
import { env } from './lib/env.ts';
import { log } from './lib/log.ts';
import { onTask, task } from './lib/task.ts';

interface Deps {
  readonly heads: () => Promise<NamedHead[]>;
  readonly sign: (text: string) => Promise<string>;
  readonly anchors: Pick<Anchors, 'write'>;
  readonly now: () => Date;
}

/** Signs where every audit chain stands, once a day, into a bucket where nothing can be changed (security.md 3.8). */
export const anchor = task({
  input: z.looseObject({}),
  async run(_: unknown, deps: Deps) {
    const heads = await deps.heads();
    const anchored = anchorOf(heads, deps.now());
    await deps.anchors.write({ anchor: anchored, heads, signature: await deps.sign(signedText(anchored)) });
    log.info('anchored', { count: anchored.count });
  },
});

export const handler = onTask(anchor, () => {
  const table = requestsTable();
  const anchors = anchorsIn(auditFiles());
  return { heads: () => headsIn(table), sign: signerWith(env('AUDIT_KEY').AUDIT_KEY), anchors, now };
});
