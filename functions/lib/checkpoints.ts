import { parseExactly } from '../../connectors/exact-json.ts';
import { checkpointKey } from '../../domain/answer-layout.ts';
import type { Row } from '../../domain/connector.ts';
import { jsonOf } from '../../domain/rendering.ts';
import type { Request, SourceRecord, StoredFile } from '../../domain/request.ts';
import type { Cases, Turn } from '../aws/cases.ts';
import type { Files } from '../aws/files.ts';
import { linesOf } from './first-rows.ts';
import type { Lacking } from './gathering.ts';
import type { Time } from './task.ts';

/** What came of a collection. `lack`: why it is not all of it. */
export type Gathered = SourceRecord['collections'][number] & {
  readonly possibleMatches: number;
  readonly lack?: Lacking;
};

/** Where the reading of a collection stands. */
export interface Position {
  /** Which look-up, and the cursor of the page that is being read. */
  lookup: number;
  cursor?: string | undefined;
  /** Keys of that page's rows that are taken already; a page with files is long. */
  taken: string[];
  possibleMatches: number;
}

const beginning = (): Position => ({ lookup: 0, taken: [], possibleMatches: 0 });

/** A row that was taken, with the files that were written for it. */
type Taken = readonly [row: Row, files: readonly StoredFile[]];

interface Head {
  /** The collections that are whole. */
  readonly done: readonly Gathered[];
  readonly position: Position;
  /** Which attempt wrote this. */
  readonly attempt: string;
  /** The checkpoints with rows of the collection that is not whole. */
  readonly parts: readonly string[];
}

/** Signs of rows after which a checkpoint is due; the time after which it is due is a share of what the function has. */
const longest = 2_000_000;
const share = 1 / 20;

const headOf = async (files: Files, key: string): Promise<Head> => {
  for await (const line of linesOf(await files.read(key))) return JSON.parse(line) as Head;
  throw new Error('a checkpoint is empty');
};

async function* rowsOf(files: Files, key: string): AsyncGenerator<Taken> {
  let isHead = true;
  for await (const line of linesOf(await files.read(key))) {
    if (!isHead) yield parseExactly(line) as unknown as Taken;
    isHead = false;
  }
}

type Place = Pick<Request, 'requestId' | 'evidence' | 'round'> & { readonly attempt: string };
export interface CheckpointDeps {
  readonly cases: Pick<Cases, 'checkpoint' | 'putCheckpoint'>;
  readonly files: Files;
}

/**
 * The checkpoints of one system's reading: a run that was cut off is gone on with, and no page is asked for twice. Rows lie in the Evidence
 * bucket with the attempt that read them, the record says where the last checkpoint lies. What is small never has one.
 */
export const checkpointsOf = async (place: Place, turn: Turn, { cases, files }: CheckpointDeps, time: Time) => {
  const { requestId, evidence, round, attempt } = place;
  const interval = time.getRemainingTimeInMillis() * share;
  const before = await cases.checkpoint(requestId, round, turn);
  const head = before === undefined ? undefined : await headOf(files, before);
  const done = [...(head?.done ?? [])];
  const toReplay = head?.parts ?? [];
  let parts = [...toReplay];
  let position = head?.position ?? beginning();
  let written = 0;
  let held = '';
  let at = performance.now();

  return {
    /** The collections that are whole. */
    done: done as readonly Gathered[],
    /** The attempt that goes on here. */
    from: head?.attempt,
    /** Where the collection under way stands. */
    position: () => position,
    /** Whether this run has come further than the one before. */
    hasMoved: () => written > 0,
    isDue: () => held.length > longest || performance.now() - at > interval,
    note(row: Row, documents: readonly StoredFile[]): void {
      held += `${jsonOf([row, documents as never])}\n`;
    },
    /** The rows of the collection under way that earlier runs took. */
    async *replay(): AsyncGenerator<Taken> {
      if (parts[0] !== toReplay[0]) return;
      for (const part of toReplay) yield* rowsOf(files, part);
    },
    async write(): Promise<void> {
      const key = checkpointKey(evidence, attempt, written + 1);
      parts.push(key);
      const now: Head = { attempt, done, position, parts };
      await files.writeText(key, `${JSON.stringify(now)}\n${held}`, 'application/x-ndjson');
      await cases.putCheckpoint(requestId, round, turn, key);
      written += 1;
      held = '';
      at = performance.now();
    },
    /** The collection under way is whole: its rows are never needed again. */
    finish(result: Gathered): void {
      done.push(result);
      position = beginning();
      parts = [];
      held = '';
    },
  };
};
export type Checkpoints = Awaited<ReturnType<typeof checkpointsOf>>;
