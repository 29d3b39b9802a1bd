import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { secretArn } from './secrets-manager.ts';
import { attributes, isIrrelevant, type ModelledType, models, type Properties, place } from './template-resources.ts';
import { holds, type RawResource, type RawTemplate, resolve, type Scope } from './template-values.ts';

/** A resource of the template with its values put in. */
export interface Resource<Type extends ModelledType = ModelledType> {
  readonly type: Type;
  readonly logicalId: string;
  /** The physical name. */
  readonly name: string;
  /** What Ref answers. */
  readonly ref: string;
  readonly arn: string;
  readonly properties: Properties<Type>;
}

/** A folder that `cdk synth` wrote, read and resolved. */
export interface Assembly {
  /** Every resource of one type, in the order of the stacks and their templates. */
  all<Type extends ModelledType>(type: Type): readonly Resource<Type>[];
  /** The folder or file of an asset, by the object key that a template names. */
  asset(key: string): string;
  /** Outputs by stack, then by name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Reads a cdk.out folder. Throws one error that names everything in it that the local cloud does not model. */
export function readAssembly(cdkOut: string, site: string): Assembly {
  const { stacks, assets } = readStacks(cdkOut, site);
  const findings: string[] = [];
  const resources = stacks.flatMap((stack) => stack.resources(findings));
  if (findings.length > 0) throw new Error(`The local cloud can't run ${cdkOut}:\n  ${findings.join('\n  ')}`);
  return {
    all: <Type extends ModelledType>(type: Type) =>
      resources.filter((resource) => resource.type === type) as unknown as Resource<Type>[],
    asset: (key) => {
      const path = assets.get(key);
      if (path === undefined || !existsSync(path)) throw new Error(`${cdkOut} has no asset ${key}`);
      return path;
    },
    outputs: Object.fromEntries(stacks.map((stack) => [stack.name, stack.outputs()])),
  };
}

interface Artifact {
  readonly type: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string };
}

interface Asset {
  readonly source: { readonly path?: string };
  readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
}

function readStacks(cdkOut: string, site: string): { stacks: Stack[]; assets: Map<string, string> } {
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  const { artifacts } = readJson<{ artifacts: Readonly<Record<string, Artifact>> }>(join(cdkOut, 'manifest.json'));
  for (const [id, { type, properties }] of Object.entries(artifacts)) {
    if (type !== 'aws:cloudformation:stack') continue;
    const template = readJson<RawTemplate>(join(cdkOut, properties?.templateFile ?? `${id}.template.json`));
    stacks.push(new Stack(properties?.stackName ?? id, template, site, stacks));
    for (const { source, destinations } of readAssets(join(cdkOut, `${id}.assets.json`)))
      for (const { objectKey } of Object.values(destinations))
        assets.set(objectKey, resolvePath(cdkOut, source.path ?? ''));
  }
  return { stacks, assets };
}

function readAssets(file: string): readonly Asset[] {
  return existsSync(file) ? Object.values(readJson<{ files?: Readonly<Record<string, Asset>> }>(file).files ?? {}) : [];
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new Error(`${file} can't be read: ${(cause as Error).message}`, { cause });
  }
}

/** What a resource may say besides its properties; the rest is refused. */
const known = ['Type', 'Properties', 'Condition', 'DependsOn', 'Metadata', 'DeletionPolicy', 'UpdateReplacePolicy'];

class Stack implements Scope {
  readonly name: string;
  readonly template: RawTemplate;
  readonly pseudo: Readonly<Record<string, string>>;
  private readonly site: string;
  /** All stacks of the folder: what one exports another may import. */
  private readonly stacks: readonly Stack[];
  private readonly asked = new Set<string>();

  constructor(name: string, template: RawTemplate, site: string, stacks: readonly Stack[]) {
    this.name = name;
    this.template = template;
    this.site = site;
    this.stacks = stacks;
    this.pseudo = {
      'AWS::AccountId': place.account,
      'AWS::Partition': place.partition,
      'AWS::Region': place.region,
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': name,
    };
  }

  /** What can't be run is added to the findings. */
  resources(findings: string[]): Resource[] {
    const resources = Object.entries(this.template.Resources ?? {}).filter(([, { Condition }]) =>
      holds(Condition, this),
    );
    return resources.flatMap(([logicalId, raw]) => {
      try {
        return [this.resource(logicalId, raw)];
      } catch (error) {
        findings.push(`${raw.Type} ${this.name}/${logicalId}: ${(error as Error).message}`);
        return [];
      }
    });
  }

  outputs(): Record<string, string> {
    const outputs = Object.entries(this.template.Outputs ?? {}).filter(([, { Condition }]) => holds(Condition, this));
    return Object.fromEntries(outputs.map(([name, { Value }]) => [name, String(resolve(Value, this))]));
  }

  imported(name: string): unknown {
    for (const stack of this.stacks)
      for (const { Export, Value } of Object.values(stack.template.Outputs ?? {}))
        if (Export !== undefined && resolve(Export.Name, stack) === name) return resolve(Value, stack);
    throw new Error(`no stack exports ${name}`);
  }

  attribute(logicalId: string, attribute = 'Ref'): string {
    const question = `${logicalId}.${attribute}`;
    if (this.asked.has(question)) throw new Error(`${question} depends on itself`);
    this.asked.add(question);
    try {
      const value = this.facts(logicalId)[attribute];
      if (value === undefined) throw new Error(`the local cloud does not model Fn::GetAtt ${question}`);
      return value;
    } finally {
      this.asked.delete(question);
    }
  }

  private resource(logicalId: string, raw: RawResource): Resource {
    const type = raw.Type as ModelledType;
    const strange = Object.keys(raw).find((key) => !known.includes(key));
    if (strange !== undefined) throw new Error(`the local cloud does not model ${strange}`);
    const { name, Ref: ref, Arn: arn = '' } = this.facts(logicalId);
    const relevant = Object.entries(raw.Properties ?? {}).filter(([property]) => !isIrrelevant(type, property));
    const properties = parse(type, resolve(Object.fromEntries(relevant), this));
    return { type, logicalId, name, ref, arn, properties };
  }

  /** The physical name, and what Ref and Fn::GetAtt answer. */
  private facts(logicalId: string): Readonly<Record<string, string>> & { readonly name: string; readonly Ref: string } {
    const raw = this.template.Resources?.[logicalId];
    if (raw === undefined) throw new Error(`there is no resource or parameter ${logicalId}`);
    const { Type: type, Properties = {} } = raw;
    if (!isModelled(type)) throw new Error('the local cloud does not model this type');
    const property = (key: string): string => String(resolve(Properties[key], this));
    const given = nameProperties(type).find((key) => Object.hasOwn(Properties, key));
    const name = given === undefined ? generatedName(type, `${this.name}-${logicalId}`) : property(given);
    return { name, Ref: name, ...attributes[type]?.(name, { property, site: this.site, secretArn }) };
  }
}

const isModelled = (type: string): type is ModelledType => Object.hasOwn(models, type);

/** CloudFormation calls the name of an `AWS::SQS::Queue` QueueName, of others Name, of an EmailIdentity as the type. */
function nameProperties(type: ModelledType): string[] {
  const kind = type.split('::')[2] ?? '';
  return [`${kind}Name`, 'Name', kind];
}

/** The shortest limit of all types; what is cut off goes into a hash, so that two long names stay two. */
const longestName = 63;

function generatedName(type: ModelledType, name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const fitting = name.length > longestName ? `${name.slice(0, longestName - 9)}-${hash}` : name;
  return type === 'AWS::S3::Bucket' ? fitting.toLowerCase() : fitting;
}

function parse(type: ModelledType, properties: unknown): never {
  const { data, error } = models[type].safeParse(properties);
  if (error === undefined) return data as never;
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `the local cloud does not model ${[...issue.path, key].join('.')}`)
      : [`${issue.path.join('.')}: ${issue.message}`],
  );
  throw new Error(issues.join('; '));
}
