import { StateError } from './errors.ts';
import type { Json, Variables } from './expression.ts';

/** What a path is looked up in. `raw` is the state's input before InputPath, `data` what `$` stands for. */
export interface PathScope {
  readonly raw: Json;
  readonly data: Json;
  readonly context: Variables;
  readonly variables: Variables;
}

/** Stands in a template of JSONPath in the place of a value. Throws StateError when nothing is there. */
export type Lookup = (scope: PathScope) => Json;

/** Reads from `$`, `$$` or a variable; undefined when nothing is there. */
export function findOf(field: string, path: unknown): (scope: PathScope) => unknown {
  const [root = ''] = /^\$[$\w]*/.exec(String(path)) ?? [];
  const steps = stepsOf(field, path, /^\$[$\w]*/);
  return ({ data, context, variables }) => {
    const whole = root === '$' ? data : root === '$$' ? context : variables[root.slice(1)];
    return steps.reduce<unknown>((at, step) => own(at, step), whole);
  };
}

export function pathOf(field: string, path: unknown): Lookup {
  if (path === null) return () => ({});
  const find = findOf(field, path);
  return (scope) => {
    const found = find(scope);
    if (found !== undefined) return found as Json;
    const place = `The JSONPath '${path}' specified for the field '${field}' could not be found in the input`;
    throw new StateError('States.Runtime', `${place} '${JSON.stringify(scope.data)}'`);
  };
}

const own = (data: unknown, step: string | number): unknown =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, step) ? data[step as keyof typeof data] : undefined;

/** The steps of a reference path: names and indexes. */
export function stepsOf(field: string, path: unknown, root: RegExp): (string | number)[] {
  const step = /\.([\p{L}\p{N}_-]+)|\['([^']+)'\]|\[(\d+)\]/gu;
  const rest = typeof path === 'string' && root.test(path) ? path.replace(root, '') : undefined;
  if (rest === undefined || rest.replaceAll(step, '') !== '')
    throw new Error(`${field}: the local cloud does not model the path ${path}`);
  return [...rest.matchAll(step)].map(([, name, quoted, index]) => name ?? quoted ?? Number(index));
}
