import { evidenceKey, mapKey } from '../../domain/answer-layout.ts';
import { packagesOf } from '../../domain/package.ts';
import { evidencePurged, frozenSource, mayPurge, packagePurged, purged } from '../../domain/purge.ts';
import type { Case, Status } from '../../domain/request.ts';
import type { Cases } from '../aws/cases.ts';
import type { Files } from '../aws/files.ts';

export interface ForgetDeps {
  readonly cases: Cases;
  readonly files: Files;
}

const zipKeys = (request: Case['request']): string[] =>
  packagesOf(request).flatMap(({ parts }) => parts.map(({ key }) => key));

/** Removes every object of a request but those that stay; answers how many there were. */
const forgetObjects = async ({ request }: Case, files: Files, stays: readonly string[] = []): Promise<number> => {
  const gathered = (await files.keys(`${request.evidence}/`)).filter((key) => !stays.includes(key));
  const keys = [...gathered, ...zipKeys(request)];
  await files.remove(keys);
  return keys.length;
};

/** The ZIP goes when its link has ended. */
export const forgetPackage = async ({ request }: Case, { cases, files }: ForgetDeps): Promise<void> => {
  const keys = zipKeys(request);
  if (keys.length === 0 || !mayPurge(request)) return;
  await files.remove(keys);
  await cases.change(request.requestId, (current) => (mayPurge(current.request) ? packagePurged(current) : undefined));
};

/** Names and hashes of what was decided on, and the map that names it: no value of the person's stands in them. */
const namesOf = ({ evidence, manifest, sent = [] }: Case['request']): string[] => [
  mapKey(evidence),
  ...[...sent, ...(manifest ? [manifest] : [])].map(({ attempt }) => evidenceKey(evidence, attempt, 'manifest.json')),
];

export const forgetEvidence = async (held: Case, { cases, files }: ForgetDeps): Promise<void> => {
  if (!mayPurge(held.request)) return;
  const objects = await forgetObjects(held, files, namesOf(held.request));
  await cases.change(held.request.requestId, (current, at) =>
    mayPurge(current.request) ? evidencePurged(current, objects, at) : undefined,
  );
};

/**
 * Forgets everything about the person: objects, then what systems answered, then the request itself. What a crash leaves undone is done by
 * the next run, which finds it by the request, the last to change (F37). `status`: what the ledger says a restored request had become.
 */
export const forget = async (held: Case, { cases, files }: ForgetDeps, status?: Status): Promise<void> => {
  const { requestId } = held.request;
  if (!status && !mayPurge(held.request)) return;
  await forgetObjects(held, files);
  for (const source of held.sources) await cases.putSource(requestId, frozenSource(source));
  await cases.change(requestId, (current, at) =>
    status || mayPurge(current.request) ? purged(current, at, status) : undefined,
  );
};
