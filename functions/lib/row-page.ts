import { constants, inflateRawSync } from 'node:zlib';
import { evidenceKey, pagesKey } from '../../domain/answer-layout.ts';
import type { Row } from '../../domain/connector.ts';
import type { StoredFile } from '../../domain/request.ts';
import type { EvidenceFiles } from '../aws/evidence.ts';
import type { Pages } from './collection-files.ts';
import { rowIn } from './first-rows.ts';

/** Rows that a page shows at most. */
export const rowsAPage = 50;

/** Some rows of a collection, from one on, and how many there are in all. */
export interface RowPage {
  readonly from: number;
  readonly total: number;
  readonly rows: readonly Row[];
}

const linesIn = (piece: Buffer): string[] => {
  const text = inflateRawSync(piece, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
  return text.split('\n').filter((line) => line.startsWith('{') && !line.startsWith('{"meta":'));
};

/**
 * The rows of a collection's JSON file from number `wanted` on. Two reads of the bucket, whatever the file's size: where its pieces lie,
 * and the one piece that the row stands in.
 */
export const rowsFrom = async (
  files: EvidenceFiles,
  evidence: string,
  json: StoredFile,
  wanted: number,
): Promise<RowPage> => {
  const pages = JSON.parse(await files.readText(pagesKey(evidence, json.attempt, json.path))) as Pages;
  const from = Math.min(Math.max(wanted, 0), Math.max(pages.rows - 1, 0));
  const n = Math.max(
    pages.from.findLastIndex((first) => first <= from),
    0,
  );
  const key = evidenceKey(evidence, json.attempt, json.path);
  const piece = await files.readPart(key, pages.at[n] ?? 0, pages.at[n + 1] ?? pages.end);
  const at = from - (pages.from[n] ?? 0);
  const rows = linesIn(piece)
    .slice(at, at + rowsAPage)
    .map(rowIn);
  return { from, total: pages.rows, rows };
};
