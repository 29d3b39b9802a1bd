/** A template's resource as it is written. */
export interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly [key: string]: unknown;
}

/** A stack's template as far as it is read. */
export interface RawTemplate {
  readonly Resources?: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<
    Record<
      string,
      { readonly Value: unknown; readonly Condition?: string; readonly Export?: { readonly Name: unknown } }
    >
  >;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
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
  if (typeof value === 'string') return refuseDynamic(value);
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== nothing);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? (entries[0] as [string, unknown]) : ['', undefined];
  if (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::')) return intrinsic(name, argument, scope);
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

function refuseDynamic(value: string): string {
  if (!value.includes('{{resolve:')) return value;
  throw new Error(`the local cloud does not model the dynamic reference ${value}`);
}

type Intrinsic = (argument: never, scope: Scope) => unknown;

/** A condition may look like a property called Condition (in IAM policies): only a string names one. */
const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (name: string, scope) => reference(name, scope),
  'Fn::GetAtt': (path: string | readonly string[], scope) => {
    const [id = '', attribute = ''] = typeof path === 'string' ? path.split(/\.(.*)/s) : path;
    return scope.attribute(id, attribute);
  },
  'Fn::Join': ([separator, parts]: [string, unknown], scope) => list(parts, scope).join(separator),
  'Fn::Sub': substitute,
  'Fn::Select': ([place, parts]: [unknown, unknown], scope) => {
    const picked = list(parts, scope)[Number(resolve(place, scope))];
    if (picked === undefined) throw new Error(`Fn::Select finds nothing at ${String(place)}`);
    return picked;
  },
  'Fn::Split': ([separator, whole]: [string, unknown], scope) => String(resolve(whole, scope)).split(separator),
  'Fn::If': ([name, yes, no]: [string, unknown, unknown], scope) => resolve(holds(name, scope) ? yes : no, scope),
  'Fn::Equals': ([a, b]: [unknown, unknown], scope) =>
    JSON.stringify(resolve(a, scope)) === JSON.stringify(resolve(b, scope)),
  'Fn::Not': ([condition]: [unknown], scope) => resolve(condition, scope) !== true,
  'Fn::And': (conditions: unknown[], scope) => conditions.every((condition) => resolve(condition, scope) === true),
  'Fn::Or': (conditions: unknown[], scope) => conditions.some((condition) => resolve(condition, scope) === true),
  'Fn::FindInMap': (keys: unknown[], scope) => {
    const [map = '', first = '', second = ''] = keys.map((key) => String(resolve(key, scope)));
    const found = scope.template.Mappings?.[map]?.[first]?.[second];
    if (found === undefined) throw new Error(`Fn::FindInMap finds nothing at ${map}.${first}.${second}`);
    return found;
  },
  'Fn::Base64': (whole: unknown, scope) => Buffer.from(String(resolve(whole, scope))).toString('base64'),
  'Fn::ImportValue': (name: unknown, scope) => scope.imported(String(resolve(name, scope))),
  Condition: (name: string, scope) => holds(name, scope),
};

function intrinsic(name: string, argument: unknown, scope: Scope): unknown {
  if (name === 'Condition' && typeof argument !== 'string') return { Condition: resolve(argument, scope) };
  const run = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
  if (run === undefined) throw new Error(`the local cloud does not model ${name}`);
  return run(argument as never, scope);
}

function reference(name: string, scope: Scope): unknown {
  if (name === 'AWS::NoValue') return nothing;
  const pseudo = scope.pseudo[name];
  if (pseudo !== undefined) return pseudo;
  const parameter = scope.template.Parameters?.[name];
  if (parameter === undefined) return scope.attribute(name);
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
  return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (Object.hasOwn(own, name)) return String(resolve(own[name as keyof typeof own], scope));
    if (scope.pseudo[name] !== undefined || !name.includes('.')) return String(reference(name, scope));
    return String(resolve({ 'Fn::GetAtt': name }, scope));
  });
}
