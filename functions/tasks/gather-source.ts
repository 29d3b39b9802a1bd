import * as z from 'zod/mini';
import { lateAnswer } from '../../domain/ask-again.ts';
import { mustBe } from '../../domain/change.ts';
import type { Connector } from '../../domain/connector.ts';
import type { DataMap, System } from '../../domain/data-map.ts';
import { NotFinished, SourceUnavailable, TransitionRefused } from '../../domain/errors.ts';
import { inForce, turnOf } from '../../domain/gathering.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import { mayOpen, secondProofMissing } from '../../domain/second-proof.ts';
import type { Cases } from '../aws/cases.ts';
import type { Files } from '../aws/files.ts';
import { newAttempt } from '../lib/attempt.ts';
import { checkpointsOf, type Gathered } from '../lib/checkpoints.ts';
import { gatherCollection, keepValues, type Run, worst } from '../lib/gathering.ts';
import { errorName, log } from '../lib/log.ts';
import { mapOf } from '../lib/request-map.ts';
import { type Time, task } from '../lib/task.ts';

export interface GatherDeps {
  readonly cases: Cases;
  readonly files: Files;
  /** The deployed one. */
  readonly map: DataMap;
  /** Throws for another system than the function's own. */
  readonly connector: (system: string) => Promise<Connector>;
  readonly now: () => Date;
}

export const GatherInput = z.object({
  requestId: z.string(),
  wave: z.int(),
  system: z.string(),
  collections: z.array(
    z.object({
      name: z.string(),
      inputs: z.array(z.object({ field: z.string(), from: z.string() })),
      gives: z.array(z.string()),
    }),
  ),
});
type GatherInput = z.infer<typeof GatherInput>;

type Results = readonly Gathered[];

const total = (results: Results, of: 'rows' | 'documents' | 'possibleMatches') =>
  results.reduce((sum, result) => sum + result[of], 0);

const recordOf = (
  held: Case,
  { system, wave }: GatherInput,
  results: Results,
  reason: string | undefined,
  at: Date,
) => {
  const rows = total(results, 'rows');
  const documents = total(results, 'documents');
  const whole = rows + documents > 0 ? 'OK' : 'EMPTY';
  const nothing = reason === secondProofMissing ? 'EXCLUDED' : 'FAILED';
  const cut = rows + documents > 0 ? 'PARTIAL' : nothing;
  return {
    system,
    wave,
    round: held.request.round,
    state: reason ? cut : whole,
    at: at.toISOString(),
    ...(reason ? { reason } : {}),
    rows,
    documents,
    possibleMatches: total(results, 'possibleMatches'),
    collections: results.map(({ possibleMatches: _, lack: __, ...collection }) => collection),
  } satisfies SourceRecord;
};

const mustBeOpen = ({ request }: Case, system: System | undefined): void => {
  if (!mayOpen(request, system?.tier)) throw new TransitionRefused('second proof is missing');
};

/**
 * The guard every reader of a source goes through (I04): a consistent read says the address is proven, gathering was started, and what the
 * system's tier asks for is there.
 */
export const mayGather = async (cases: Cases, requestId: string, system: System | undefined): Promise<Case> => {
  const held = await cases.read(requestId);
  mustBe(held.request, 'GATHERING');
  if (!held.request.proof) throw new TransitionRefused('address is not proven');
  mustBeOpen(held, system);
  return held;
};

const gathered = (held: Case, input: GatherInput) => inForce(held).find((source) => turnOf(source) === turnOf(input));

/** Of the time that a function has: what it needs to leave a source in order. */
const leaving = (left: number): number => Math.min(60_000, Math.ceil(left / 4));

const runOf = async (held: Case, attempt: string, input: GatherInput, deps: GatherDeps, time: Time): Promise<Run> => {
  const left = time.getRemainingTimeInMillis();
  const checkpoints = await checkpointsOf({ ...held.request, attempt }, input, deps, time);
  return { checkpoints, signal: AbortSignal.timeout(left - leaving(left)) };
};

const placeOf = async (held: Case, attempt: string, { system }: GatherInput, { files }: GatherDeps) => {
  const map = await mapOf(held.request, files);
  // Today's map has been asked; what the request was planned by may be the stricter.
  mustBeOpen(held, map.systems[system]);
  const portable = held.rights.some(({ right }) => right === 'portability');
  const systems = Object.keys(map.systems);
  const place = { request: held.request, attempt, system, systems, files, portable, answered: inForce(held) };
  return { place, collections: map.systems[system]?.collections ?? {} };
};
type Placed = Awaited<ReturnType<typeof placeOf>>;

/** Gathers each collection that is not whole yet. */
const gatherEach = async ({ place, collections }: Placed, input: GatherInput, source: Connector, run: Run) => {
  const { checkpoints } = run;
  const whole = checkpoints.done.length;
  for (const ask of input.collections.slice(0, whole)) await keepValues(place, ask, checkpoints.from);
  for (const ask of input.collections.slice(whole)) {
    const collection = collections[ask.name];
    if (!collection) return 'NotInDataMap';
    checkpoints.finish(await gatherCollection(place, source, collection, ask, run));
    if (checkpoints.isDue()) await checkpoints.write();
  }
  // Nothing found may be an outage that looks like an answer: the source has to show that it is there (F18).
  if (total(checkpoints.done, 'rows') === 0) await source.check();
  return worst(checkpoints.done.map(({ lack }) => lack));
};

/** Gathers all; an answer against the data map ends it with what is there, as PARTIAL or FAILED. */
const gatherAll = async (held: Case, attempt: string, input: GatherInput, deps: GatherDeps, time: Time) => {
  const run = await runOf(held, attempt, input, deps, time);
  const placed = await placeOf(held, attempt, input, deps);
  const results = run.checkpoints.done;
  const source = await deps.connector(input.system);
  try {
    return { results, reason: await gatherEach(placed, input, source, run) };
  } catch (error) {
    if (run.signal.aborted && run.checkpoints.hasMoved()) throw new NotFinished('goes on in the next run');
    // A whole run without a page is an outage, however long the next one may take.
    if (run.signal.aborted) throw new SourceUnavailable('nothing came for as long as a function runs');
    const reason = errorName(error);
    if (reason !== 'SourceMalformed') throw error;
    return { results, reason };
  } finally {
    await source.close?.();
  }
};

/** Notes the answer; one that comes when another is there already counts only in place of a failure. */
const keep = async (requestId: string, record: SourceRecord, { cases }: GatherDeps): Promise<void> => {
  if (await cases.addSource(requestId, record)) return;
  await cases.change(requestId, (held, at) => lateAnswer(held, record, at));
};

/** Asks one system for everything it holds on the proven person, and notes what came of it. Doing it again changes nothing. */
export const gatherSource = task({
  input: GatherInput,
  async run(input: GatherInput, deps: GatherDeps, time: Time) {
    const held = await mayGather(deps.cases, input.requestId, deps.map.systems[input.system]);
    const before = gathered(held, input);
    if (before) return { system: input.system, state: before.state, rows: before.rows };

    const attempt = newAttempt();
    const { results, reason } = await gatherAll(held, attempt, input, deps, time);
    const record = { ...recordOf(held, input, results, reason, deps.now()), attempt };
    await keep(input.requestId, record, deps);
    log.info('gathered', {
      requestId: input.requestId,
      system: input.system,
      count: record.rows,
      reason: record.state,
    });
    return { system: input.system, state: record.state, rows: record.rows };
  },
});
