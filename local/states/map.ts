import { evaluationFailed, fill, fillAs, noteEvaluation, type Visit } from './branch.ts';
import type { Program, StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import type { Flow, Json } from './flow.ts';
import { fork } from './fork.ts';
import { checkSize, concurrencyLimit } from './limits.ts';
import { type Exit, runProgram } from './program.ts';

/** Runs its processor once for each item; the outputs, in the order of the items, are its result. */
export function* map(state: StateOf<'Map'>, visit: Visit): Flow<Exit> {
  const { branch, name } = visit;
  const { run, trail } = branch;
  const items = yield* itemsOf(state, visit);
  const limit = yield* limitOf(state, visit);
  yield* checkTolerance(state, visit);
  const started = run.history.add(trail, 'MapStateStarted', { length: items.length });
  const places: number[] = [];
  const start = (index: number) =>
    iteration(state, visit, items[index] as Json, index, places.shift() ?? started, places);
  const result = yield* fork(branch, items.length, limit, start);
  checkSize(`state/task '${name}'`, result);
  run.history.addAside(trail, 'MapStateSucceeded');
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}

/** Runs one item. `after` is the event it follows; `places` takes the last event of an iteration whose place is free again. */
function* iteration(
  { ItemSelector, programs }: StateOf<'Map'>,
  visit: Visit,
  item: Json,
  index: number,
  after: number,
  places: number[],
): Flow<Json> {
  const { branch, name } = visit;
  const inner = branch.fork(after, { Map: { Item: { Index: index, Value: item } } });
  const note = (type: string) => branch.run.history.add(inner.trail, type, { index, name });
  inner.whenAborted = () => note('MapIterationAborted');
  note('MapIterationStarted');
  try {
    const input = ItemSelector === undefined ? item : yield* select(ItemSelector, { ...visit, branch: inner });
    const output = yield* runProgram(programs[0] as Program, inner, input);
    places.push(inner.trail.last);
    note('MapIterationSucceeded');
    return output;
  } catch (error) {
    if (error instanceof StateError) note('MapIterationFailed');
    throw error;
  } finally {
    branch.join(inner);
  }
}

function* select(itemSelector: Json, visit: Visit): Flow<Json> {
  try {
    return yield* fill(visit, itemSelector, 'ItemSelector');
  } catch (error) {
    if (error instanceof StateError) noteEvaluation(visit, error);
    throw error;
  }
}

function* itemsOf({ Items }: StateOf<'Map'>, visit: Visit): Flow<readonly Json[]> {
  if (Items !== undefined) return yield* fillAs<readonly Json[]>(visit, Items, 'Items', 'array');
  const { input } = visit;
  if (Array.isArray(input)) return input;
  throw evaluationFailed(visit, `Map state input must be an array but was: ${JSON.stringify(input)}`);
}

/** 0 means as many as an inline Map may run at once. */
function* limitOf({ MaxConcurrency = 0 }: StateOf<'Map'>, visit: Visit): Flow<number> {
  const limit = yield* fillAs<number>(visit, MaxConcurrency, 'MaxConcurrency', 'non-negative integer');
  return Math.min(limit || concurrencyLimit, concurrencyLimit);
}

/** An inline Map fails with its first iteration, whatever it tolerates; the fields are checked all the same, as AWS does. */
function* checkTolerance(state: StateOf<'Map'>, visit: Visit): Flow<void> {
  const { ToleratedFailureCount: count = 0, ToleratedFailurePercentage: percentage = 0 } = state;
  yield* fillAs<number>(visit, count, 'ToleratedFailureCount', 'non-negative integer');
  yield* fillAs<number>(visit, percentage, 'ToleratedFailurePercentage', 'percentage from 0 to 100');
}
