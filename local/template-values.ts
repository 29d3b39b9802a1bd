/** A template's resource as it is written. */
export interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly [key: string]: unknown;
}

interface RawOutput {
  readonly Value: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

/** A stack's template as far as it is read. */
export interface RawTemplate {
  readonly Resources?: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<Record<string, RawOutput>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

/** What values of one stack are resolved against. */
export interface Scope {
  readonly template: RawTemplate;
  /** Values of `AWS::Region` and its like. */
  readonly pseudo: Readonly<Record<string, string>>;
  /** Ref (no attribute) or Fn::GetAtt of a resource. Throws on an attribute that is not modelled. */
  attribute(logicalId: string, attribute?: string): string;
  /** An output that another stack exports under this name. */
  imported(name: string): unknown;
}

/** Stands for `AWS::NoValue`: the property that holds it is as if it were not written. */
const nothing = Symbol('AWS::NoValue');

/** The value with every intrinsic function put in; throws, naming it, on one that is not modelled. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== nothing);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = ['', undefined]] = entries;
  // IAM policies have a property called Condition: only a string names a condition of the template.
  const isIntrinsic =
    name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
  if (entries.length === 1 && isIntrinsic) return intrinsic(name, argument, scope);
  const resolved = entries.map(([key, item]) => [key, resolve(item, scope)] as const);
  return Object.fromEntries(resolved.filter(([, item]) => item !== nothing));
}

/** Whether a condition of the template holds. An absent name means no condition. */
export function holds(name: string | undefined, scope: Scope): boolean {
  if (name === undefined) return true;
  const condition = scope.template.Conditions?.[name];
  if (condition === undefined) throw new Error(`there is no condition ${name}`);
  return resolve(condition, scope) === true;
}

function literal(value: string): string {
  if (!value.includes('{{resolve:')) return value;
  throw new Error(`the local cloud does not model the dynamic reference ${value}`);
}

type Intrinsic = (argument: never, scope: Scope) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: reference,
  Condition: (name: string, scope) => holds(name, scope),
  'Fn::GetAtt': (path: string | readonly string[], scope) => {
    const [id = '', attribute = ''] = typeof path === 'string' ? path.split(/\.(.*)/s) : path;
    return scope.attribute(id, attribute);
  },
  'Fn::ImportValue': (name: unknown, scope) => scope.imported(String(resolve(name, scope))),
  'Fn::Join': ([separator, parts]: [string, unknown], scope) => list(parts, scope).join(separator),
  'Fn::Split': ([separator, whole]: [string, unknown], scope) => String(resolve(whole, scope)).split(separator),
  'Fn::Select': ([place, parts]: [unknown, unknown], scope) => {
    const picked = list(parts, scope)[Number(resolve(place, scope))];
    if (picked === undefined) throw new Error(`Fn::Select finds nothing at ${String(place)}`);
    return picked;
  },
  'Fn::Sub': substitute,
  'Fn::If': ([name, yes, no]: [string, unknown, unknown], scope) => resolve(holds(name, scope) ? yes : no, scope),
  'Fn::Equals': (both: [unknown, unknown], scope) => {
    const [one, other] = both.map((value) => JSON.stringify(resolve(value, scope)));
    return one === other;
  },
  'Fn::Not': ([condition]: [unknown], scope) => resolve(condition, scope) !== true,
  'Fn::And': (conditions: unknown[], scope) => conditions.every((condition) => resolve(condition, scope) === true),
  'Fn::Or': (conditions: unknown[], scope) => conditions.some((condition) => resolve(condition, scope) === true),
};

function intrinsic(name: string, argument: unknown, scope: Scope): unknown {
  const run = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
  if (run === undefined) throw new Error(`the local cloud does not model ${name}`);
  return run(argument as never, scope);
}

function reference(name: string, scope: Scope): unknown {
  if (name === 'AWS::NoValue') return nothing;
  const parameter = scope.template.Parameters?.[name];
  if (parameter === undefined) return scope.pseudo[name] ?? scope.attribute(name);
  if (parameter.Default === undefined) throw new Error(`the parameter ${name} has no default`);
  return parameter.Default;
}

function list(parts: unknown, scope: Scope): string[] {
  const resolved = resolve(parts, scope);
  if (!Array.isArray(resolved)) throw new Error('a list was expected');
  return resolved.map(String);
}

/** `${!Name}` is a literal `${Name}`. */
function substitute(argument: string | readonly [string, Readonly<Record<string, unknown>>], scope: Scope): string {
  const [text, own] = typeof argument === 'string' ? [argument, {}] : argument;
  return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, mark: string, name: string) => {
    if (mark === '!') return `\${${name}}`;
    if (Object.hasOwn(own, name)) return String(resolve(own[name as keyof typeof own], scope));
    return String(resolve(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }, scope));
  });
}
