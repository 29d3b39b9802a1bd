import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import type { Command } from 'commander';
import { merkleRoot, type SignedAnchor, signedText } from '../domain/anchor.ts';
import { type AnchoredHead, type AuditFinding, checkChain } from '../domain/audit-check.ts';
import type { Anchors } from '../functions/aws/audit-store.ts';
import type { Table } from '../functions/aws/table.ts';
import { deploymentOf } from './deployment.ts';
import { exitCodes } from './exit.ts';

/** The public half of the key that signs anchors. */
const publicKey = async (KeyId: string): Promise<KeyObject> => {
  const { KMSClient, GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
  const { PublicKey = new Uint8Array() } = await new KMSClient().send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
};

const isGenuine = ({ anchor, heads, signature }: SignedAnchor, key: KeyObject): boolean =>
  anchor.root === merkleRoot(heads) &&
  anchor.count === heads.length &&
  verifySignature('sha256', Buffer.from(signedText(anchor)), key, Buffer.from(signature, 'base64'));

const byRequest = (heads: readonly AnchoredHead[]): Map<string, AnchoredHead[]> =>
  Map.groupBy(heads, ({ requestId }) => requestId);

const checkOne = async (table: Table, requestId: string, anchored: readonly AnchoredHead[]) => {
  const { chainIn } = await import('../functions/aws/audit-store.ts');
  const look = async () => checkChain(await chainIn(table, requestId), anchored);
  const first = await look();
  // A chain that grew while it was read looks cut: only what is found twice is true.
  return first.length > 0 ? look() : first;
};

interface Options {
  readonly stack?: string;
  readonly json?: boolean;
}

const print = ({ rule, requestId, n, anchor }: AuditFinding): string =>
  [rule, requestId, n === undefined ? '' : `entry ${n}`, anchor].filter(Boolean).join('  ');

/** Reads the anchors: what they say of the chains, and what is wrong with them. */
const readAnchors = async (anchors: Pick<Anchors, 'all'>, key: KeyObject) => {
  const findings: AuditFinding[] = [];
  const heads: AnchoredHead[] = [];
  const genuine = new Map<string, string>();
  for await (const { name, signed } of anchors.all()) {
    if (!signed || !isGenuine(signed, key)) {
      findings.push({ rule: 'anchor-forged', anchor: name });
      continue;
    }
    genuine.set(signed.anchor.at, signed.anchor.after);
    heads.push(...signed.heads.map((head) => ({ ...head, anchor: name })));
  }
  const missing = [...genuine.values()].filter((after) => after && !genuine.has(after));
  findings.push(...missing.map((at): AuditFinding => ({ rule: 'anchor-missing', anchor: `anchors/${at}.json` })));
  return { findings, count: genuine.size, heads: byRequest(heads) };
};

const verify = async ({ stack, json }: Options): Promise<void> => {
  const names = await deploymentOf({ stack });
  const { tableNamed } = await import('../functions/aws/table.ts');
  const { filesIn } = await import('../functions/aws/files.ts');
  const { anchorsIn, chainsIn } = await import('../functions/aws/audit-store.ts');
  const table = tableNamed(names.requests);
  const key = await publicKey(names.auditKey);
  const { findings, count, heads } = await readAnchors(anchorsIn(filesIn(names.audit)), key);
  const chains = new Set([...(await chainsIn(table)), ...heads.keys()]);
  for (const id of chains) findings.push(...(await checkOne(table, id, heads.get(id) ?? [])));
  const counts = { chains: chains.size, anchors: count, findings };
  const text = [...findings.map(print), `${chains.size} chains, ${count} anchors, ${findings.length} findings`];
  process.stdout.write(json ? `${JSON.stringify(counts)}\n` : `${text.join('\n')}\n`);
  if (findings.length > 0) process.exitCode = exitCodes.findings;
};

/** `privacy audit verify`. */
export const registerAudit = (program: Command): void => {
  program
    .command('audit')
    .description('the audit chain of every request')
    .command('verify')
    .description('find every entry that was edited, removed, reordered, cut off or forked (exit 3 with findings)')
    .option('--stack <name>', 'a deployment (default: the local cloud of this folder)')
    .option('--json', 'machine-readable')
    .action(verify);
};
