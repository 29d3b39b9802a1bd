import type { Program, StateOf } from './definition.ts';
import { checkSize, StateError } from './errors.ts';
import type { Json } from './expression.ts';
import type { Line } from './line.ts';
import { runProgram } from './program.ts';
import type { Exit, Visit } from './visit.ts';

/** Step Functions' quota for concurrent iterations of an inline Map. */
const concurrencyLimit = 40;

/** Runs its processor once for each item; the outputs, in the order of the items, are its result. */
export async function map(state: StateOf<'Map'>, visit: Visit): Promise<Exit> {
  const { line, name } = visit;
  const { history, threads } = line.run;
  const { MaxConcurrency = 0 } = state;
  const wanted = await visit.fillAs<number>(MaxConcurrency, 'MaxConcurrency', 'non-negative integer');
  const items = await itemsOf(state, visit);
  const started = visit.note('MapStateStarted', { length: items.length });
  await checkTolerance(state, visit);
  // An iteration follows the one whose place it takes.
  const places: number[] = [];
  const open = (index: number): Line => {
    const item = { Index: index, Value: items[index] as Json };
    const inner = line.fork(places.shift() ?? started, { Map: { Item: item } });
    inner.whenAborted = (trail) => history.addAside(trail, 'MapIterationAborted', { index, name });
    return inner;
  };
  // 0 means as many as there may be.
  const limit = Math.min(wanted || concurrencyLimit, concurrencyLimit);
  const result = await threads.fork(line, items.length, limit, open, (inner, index) =>
    iterate(state, visit, inner, index, items[index] as Json, places),
  );
  checkSize(`state/task '${name}'`, [result]);
  history.addAside(line.trail, 'MapStateSucceeded');
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}

/** Runs one item; `places` takes its last event when it has ended well. */
async function iterate(
  { ItemSelector, programs }: StateOf<'Map'>,
  visit: Visit,
  line: Line,
  index: number,
  item: Json,
  places: number[],
): Promise<Json> {
  const { history } = line.run;
  const which = { index, name: visit.name };
  const inside = visit.from(line);
  history.add(line.trail, 'MapIterationStarted', which);
  try {
    const input = await inside.given(ItemSelector, 'ItemSelector', item);
    const output = await runProgram(programs[0] as Program, line, input);
    places.push(line.trail.last);
    history.add(line.trail, 'MapIterationSucceeded', which);
    return output;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    inside.noteEvaluation(error);
    if (!error.isFinal) history.addAside(line.trail, 'MapIterationFailed', which);
    line.whenAborted = undefined;
    throw error;
  }
}

async function itemsOf({ Items }: StateOf<'Map'>, visit: Visit): Promise<readonly Json[]> {
  if (Items !== undefined) return visit.fillAs<readonly Json[]>(Items, 'Items', 'array');
  const { input } = visit;
  if (Array.isArray(input)) return input;
  throw visit.failed(`Map state input must be an array but was: ${JSON.stringify(input)}`);
}

/** An inline Map fails with its first iteration, whatever it tolerates; the fields are checked all the same, as AWS does. */
async function checkTolerance(state: StateOf<'Map'>, visit: Visit): Promise<void> {
  const { ToleratedFailureCount: count = 0, ToleratedFailurePercentage: percentage = 0 } = state;
  await visit.fillAs(count, 'ToleratedFailureCount', 'non-negative integer');
  await visit.fillAs(percentage, 'ToleratedFailurePercentage', 'percentage from 0 to 100');
}
