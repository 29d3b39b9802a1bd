import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { secretArn } from './secrets-manager.ts';
import { irrelevant, type Model, type ModelledType, models, type Properties, place } from './template-resources.ts';
import { holds, type RawResource, type RawTemplate, resolve, type Scope } from './template-values.ts';

/** A resource of the template with its values put in. */
export interface Resource<Type extends ModelledType = ModelledType> {
  readonly type: Type;
  readonly stack: string;
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
  const stacks = readStacks(cdkOut, site);
  const resources = stacks.flatMap((stack) => stack.resources());
  const findings = resources.flatMap((resource) => ('finding' in resource ? [resource.finding] : []));
  if (findings.length > 0) throw new Error(`The local cloud can't run ${cdkOut}:\n  ${findings.join('\n  ')}`);
  const found = resources as readonly Resource[];
  const assets = Object.assign({}, ...stacks.map(({ assets }) => assets)) as Record<string, string>;
  return {
    all: <Type extends ModelledType>(type: Type) =>
      found.filter((resource) => resource.type === type) as unknown as Resource<Type>[],
    asset: (key) => {
      const path = assets[key];
      if (path === undefined || !existsSync(path)) throw new Error(`${cdkOut} has no asset ${key}`);
      return path;
    },
    outputs: Object.fromEntries(stacks.map((stack) => [stack.name, stack.outputs()])),
  };
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<
      string,
      { readonly type: string; readonly properties?: { readonly templateFile?: string; readonly stackName?: string } }
    >
  >;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

function readStacks(cdkOut: string, site: string): Stack[] {
  const around: Around = { site, stacks: [] };
  const manifest = readJson<Manifest>(join(cdkOut, 'manifest.json'));
  for (const [id, { type, properties }] of Object.entries(manifest.artifacts)) {
    if (type !== 'aws:cloudformation:stack') continue;
    const template = readJson<RawTemplate>(join(cdkOut, properties?.templateFile ?? `${id}.template.json`));
    const assets = readAssets(cdkOut, `${id}.assets.json`);
    around.stacks.push(new Stack(properties?.stackName ?? id, template, assets, around));
  }
  return around.stacks;
}

function readAssets(cdkOut: string, file: string): Record<string, string> {
  if (!existsSync(join(cdkOut, file))) return {};
  const { files = {} } = readJson<AssetManifest>(join(cdkOut, file));
  return Object.fromEntries(
    Object.values(files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, resolvePath(cdkOut, source.path ?? '')]),
    ),
  );
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new Error(`${file} can't be read: ${(cause as Error).message}`, { cause });
  }
}

/** What a resource may say besides its properties; the rest is refused. */
const attributesOfResource = new Set([
  'Type',
  'Properties',
  'Condition',
  'DependsOn',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
]);

/** What a stack may refer to outside itself. */
interface Around {
  readonly site: string;
  readonly stacks: Stack[];
}

class Stack {
  readonly name: string;
  readonly assets: Readonly<Record<string, string>>;
  private readonly template: RawTemplate;
  private readonly around: Around;
  private readonly asked = new Set<string>();

  constructor(name: string, template: RawTemplate, assets: Readonly<Record<string, string>>, around: Around) {
    this.name = name;
    this.template = template;
    this.assets = assets;
    this.around = around;
  }

  resources(): (Resource | { readonly finding: string })[] {
    const scope = this.scope();
    return Object.entries(this.template.Resources ?? {})
      .filter(([, { Condition }]) => holds(Condition, scope))
      .map(([logicalId, raw]) => {
        try {
          return this.resource(logicalId, raw, scope);
        } catch (error) {
          return { finding: `${raw.Type} ${this.name}/${logicalId}: ${(error as Error).message}` };
        }
      });
  }

  outputs(): Record<string, string> {
    const scope = this.scope();
    const outputs = Object.entries(this.template.Outputs ?? {}).filter(([, { Condition }]) => holds(Condition, scope));
    return Object.fromEntries(outputs.map(([name, { Value }]) => [name, String(resolve(Value, scope))]));
  }

  private resource(logicalId: string, raw: RawResource, scope: Scope): Resource {
    const type = raw.Type as ModelledType;
    const model = modelOf(type);
    const strange = Object.keys(raw).find((key) => !attributesOfResource.has(key));
    if (strange !== undefined) throw new Error(`the local cloud does not model ${strange}`);
    const values = atSite(resolve(relevant(type, raw.Properties ?? {}), scope), this.around.site);
    const properties = parse(model, values);
    const arn = model.attributes === undefined ? '' : (this.attributes(logicalId, scope).Arn ?? '');
    const ref = scope.attribute(logicalId);
    return { type, stack: this.name, logicalId, name: this.physicalName(logicalId, scope), ref, arn, properties };
  }

  private scope(): Scope {
    return {
      template: this.template,
      pseudo: {
        'AWS::AccountId': place.account,
        'AWS::Partition': place.partition,
        'AWS::Region': place.region,
        'AWS::URLSuffix': 'amazonaws.com',
        'AWS::StackName': this.name,
        'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${this.name}/local`,
      },
      attribute: (logicalId, attribute) => this.attribute(logicalId, attribute),
      imported: (name) => imported(name, this.around.stacks),
    };
  }

  /** The value behind an exported name, or undefined when this stack does not export it. */
  exported(name: string): unknown {
    const scope = this.scope();
    const output = Object.values(this.template.Outputs ?? {}).find(
      ({ Export }) => Export !== undefined && resolve(Export.Name, scope) === name,
    );
    return output === undefined ? undefined : resolve(output.Value, scope);
  }

  private attribute(logicalId: string, attribute: string | undefined): string {
    const question = `${logicalId}.${attribute ?? 'Ref'}`;
    if (this.asked.has(question)) throw new Error(`${question} depends on itself`);
    this.asked.add(question);
    try {
      const value = this.valueOf(logicalId, attribute, this.scope());
      if (value === undefined) throw new Error(`the local cloud does not model Fn::GetAtt ${question}`);
      return value;
    } finally {
      this.asked.delete(question);
    }
  }

  private valueOf(logicalId: string, attribute: string | undefined, scope: Scope): string | undefined {
    const { Type } = this.raw(logicalId);
    if (Type === 'AWS::ApiGatewayV2::Api' && attribute === 'ApiEndpoint') return this.around.site;
    if (Type === 'AWS::SecretsManager::Secret' && (attribute ?? 'Id') === 'Id') {
      return secretArn(this.physicalName(logicalId, scope));
    }
    const attributes = this.attributes(logicalId, scope);
    return attribute === undefined ? (attributes.Ref ?? this.physicalName(logicalId, scope)) : attributes[attribute];
  }

  private attributes(logicalId: string, scope: Scope): Readonly<Record<string, string>> {
    const raw = this.raw(logicalId);
    const property = (key: string): string => String(resolve(raw.Properties?.[key], scope));
    return modelOf(raw.Type).attributes?.(this.physicalName(logicalId, scope), property) ?? {};
  }

  private physicalName(logicalId: string, scope: Scope): string {
    const raw = this.raw(logicalId);
    const model = modelOf(raw.Type);
    const given = model.nameProperty === undefined ? undefined : raw.Properties?.[model.nameProperty];
    if (given !== undefined) return String(resolve(given, scope));
    const name = shortened(`${this.name}-${logicalId}`, model.longest ?? 255);
    return model.lowerCase ? name.toLowerCase() : name;
  }

  private raw(logicalId: string): RawResource {
    const raw = this.template.Resources?.[logicalId];
    if (raw === undefined) throw new Error(`there is no resource or parameter ${logicalId}`);
    return raw;
  }
}

function imported(name: string, stacks: readonly Stack[]): unknown {
  for (const stack of stacks) {
    const value = stack.exported(name);
    if (value !== undefined) return value;
  }
  throw new Error(`no stack exports ${name}`);
}

function modelOf(type: string): Model {
  if (Object.hasOwn(models, type)) return models[type as ModelledType];
  throw new Error('the local cloud does not model this type');
}

/** The properties without those that change nothing locally. */
function relevant(type: ModelledType, properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const accepted = { Tags: 'labels', ...irrelevant[type] };
  if ('*' in accepted) return {};
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !Object.hasOwn(accepted, name)));
}

function parse(model: Model, properties: unknown): never {
  const parsed = model.schema.safeParse(properties);
  if (parsed.success) return parsed.data as never;
  const issues = parsed.error.issues.map(({ code, path, message, ...issue }) => {
    const unknown = code === 'unrecognized_keys' ? (issue as { keys: string[] }).keys : [];
    const at = path.map(String);
    return unknown.length > 0
      ? unknown.map((key) => `the local cloud does not model ${[...at, key].join('.')}`).join('; ')
      : `${at.join('.')}: ${message}`;
  });
  throw new Error(issues.join('; '));
}

/** The API's address by its parts, `https://ID.execute-api...`, is the site too. */
function atSite(value: unknown, site: string): unknown {
  const address = /https:\/\/\w+\.execute-api\.[\w-]+\.amazonaws\.com/g;
  if (typeof value === 'string') return value.replaceAll(address, site);
  if (Array.isArray(value)) return value.map((item) => atSite(item, site));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, atSite(item, site)]));
}

/** A name within its limit: what is cut off goes into a hash, so that two long names stay two. */
function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, longest - 9)}-${hash}`;
}
