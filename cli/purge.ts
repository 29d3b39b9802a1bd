import type { Command } from 'commander';
import type { Table } from '../functions/aws/table.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { UsageError } from './exit.ts';

interface Where {
  readonly stack?: string;
  readonly table?: string;
  readonly json?: boolean;
}

/** No signal: what a purge or a hold writes puts nothing into the outbox. */
const silent = async (): Promise<void> => {};

const storesOf = async ({ requests, evidence, audit }: Deployment, table = requests) => {
  const { tableNamed } = await import('../functions/aws/table.ts');
  const { casesIn } = await import('../functions/aws/cases.ts');
  const { filesIn } = await import('../functions/aws/files.ts');
  const { ledgerIn } = await import('../functions/aws/ledger.ts');
  const items = tableNamed(table);
  return {
    items,
    casesAt: (now: () => Date) => casesIn(items, silent, now),
    files: filesIn(evidence),
    ledger: ledgerIn(filesIn(audit)),
  };
};

/** Purges again what the ledger says was purged and the table still shows; the moment is the ledger's, so that the chain is the same. */
const reapply = async ({ stack, table, json }: Where): Promise<void> => {
  const { casesAt, files, ledger } = await storesOf(await deploymentOf({ stack }), table);
  const { forget } = await import('../functions/lib/forget.ts');
  const counts = { entries: 0, purged: 0, absent: 0 };
  for await (const { requestId, at, status } of ledger.entries()) {
    counts.entries += 1;
    const cases = casesAt(() => new Date(at));
    const held = await cases.find(requestId);
    if (!held) counts.absent += 1;
    if (!held || held.request.purgedAt) continue;
    await forget(held, { cases, files }, status);
    counts.purged += 1;
  }
  const text = `${counts.entries} in the ledger: ${counts.purged} purged again, ${counts.absent} not in the table\n`;
  process.stdout.write(json ? `${JSON.stringify(counts)}\n` : text);
};

interface HoldOptions extends Where {
  readonly lift?: boolean;
}

/** The request with a case number. Reads the whole table: for a person at the command line, not for a page. */
const requestIdOf = async ({ scan }: Pick<Table, 'scan'>, reference: string): Promise<string | undefined> => {
  const ask = {
    FilterExpression: 'sk = :sk AND #reference = :reference',
    ExpressionAttributeNames: { '#reference': 'reference' },
    values: { ':sk': 'REQUEST', ':reference': reference },
  };
  for await (const { pk } of scan(ask)) return String(pk);
  return undefined;
};

const setHold = async (reference: string, { stack, table, lift: lifting, json }: HoldOptions): Promise<void> => {
  const { casesAt, items } = await storesOf(await deploymentOf({ stack }), table);
  const { hold, lift } = await import('../domain/purge.ts');
  const requestId = await requestIdOf(items, reference.toUpperCase());
  if (!requestId) throw new UsageError(`no request ${reference}`);
  const change = await casesAt(() => new Date()).change(requestId, (held, at) =>
    lifting ? lift(held) : hold(held, at),
  );
  const held = !lifting;
  const text = `${reference} is ${held ? 'on hold' : 'not on hold'}${change ? '' : ', as before'}\n`;
  process.stdout.write(json ? `${JSON.stringify({ requestId, held, changed: change !== undefined })}\n` : text);
};

/** `privacy purge reapply` after a restore, and `privacy hold`. */
export const registerPurge = (program: Command): void => {
  const purge = program.command('purge').description('what was forgotten, and stays so');
  purge
    .command('reapply')
    .description('purge again, in a restored table, whatever the ledger says was purged')
    .option('--stack <name>', 'a deployment (default: the local cloud of this folder)')
    .option('--table <name>', 'the restored table (default: the one of the deployment)')
    .option('--json', 'machine-readable')
    .action(reapply);
  program
    .command('hold')
    .description('legal hold: nothing of a request is purged while it stands')
    .argument('<reference>', 'the case number')
    .option('--lift', 'lift it; what is overdue is purged within a day')
    .option('--stack <name>', 'a deployment (default: the local cloud of this folder)')
    .option('--json', 'machine-readable')
    .action(setHold);
};
