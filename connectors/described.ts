import * as z from 'zod/mini';
import type { Collection, Finding, ReadMap, System } from '../domain/data-map.ts';
import { schemaFindings } from '../domain/schema-findings.ts';
import { type Path, sortedFindings, type YamlSource } from '../domain/yaml-source.ts';
import { DynamoDbCollection, DynamoDbOptions } from './dynamodb-options.ts';
import { GraphQlCollection, GraphQlOptions } from './graphql-options.ts';
import { LambdaCollection, LambdaOptions } from './lambda-options.ts';
import { RestCollection, RestOptions } from './rest-options.ts';
import { collectionWithPreset, type Options, withPreset } from './rest-presets.ts';
import { S3Collection, S3Options } from './s3-options.ts';
import { SqlCollection, SqlOptions } from './sql-options.ts';

interface Described {
  readonly system: z.ZodMiniType;
  readonly collection: z.ZodMiniType;
  /** The options with what need not be said. */
  readonly filled?: (options: Options) => Options;
  readonly filledIn?: typeof collectionWithPreset;
  /** Whether it can't be asked without a secret. */
  readonly login?: true;
}

const sql: Described = { system: SqlOptions, collection: SqlCollection, login: true };
const nothing = z.strictObject({});

/** What the options of each kind of source may be, without its driver. */
export const described: Readonly<Record<System['connector']['type'], Described>> = {
  postgres: sql,
  mysql: sql,
  mssql: sql,
  dynamodb: { system: DynamoDbOptions, collection: DynamoDbCollection },
  s3: { system: S3Options, collection: S3Collection },
  rest: {
    system: RestOptions,
    collection: RestCollection,
    filled: withPreset,
    filledIn: collectionWithPreset,
  },
  graphql: { system: GraphQlOptions, collection: GraphQlCollection },
  lambda: { system: LambdaOptions, collection: LambdaCollection },
  manual: { system: nothing, collection: z.unknown() },
};

const same = (options: Options): Options => options;
const own = (_: Options, __: string, { options }: Collection): Options => options;

// A source seen from a place inside it: issues are told from there.
const inside = (source: YamlSource, path: Path, value: unknown): YamlSource => ({
  ...source,
  value,
  at: (place, rule, message) => source.at([...path, ...place], rule, message),
});

const findingsOf = (schema: z.ZodMiniType, options: unknown, source: YamlSource, path: Path): Finding[] => {
  const { success, error } = schema.safeParse(options);
  return success ? [] : schemaFindings(error.issues, schema, inside(source, path, options));
};

const ofSystem = (name: string, { connector, collections }: System, source: YamlSource): Finding[] => {
  const { system, collection, login, filled = same, filledIn = own } = described[connector.type];
  const { options } = connector;
  const place = ['systems', name];
  const secret = 'it logs in: name its secret in Secrets Manager as secret: name';
  return [
    ...(login && !connector.secret ? [source.at([...place, 'connector'], 'missing-key', secret)] : []),
    ...findingsOf(system, filled(options), source, [...place, 'connector', 'options']),
    ...Object.entries(collections).flatMap(([id, held]) =>
      findingsOf(collection, filledIn(options, id, held), source, [...place, 'collections', id, 'options']),
    ),
  ];
};

/** What is wrong in the options of a map's connectors, with the place where it stands. */
export const optionFindings = ({ fitting, sources }: Pick<ReadMap, 'fitting' | 'sources'>): Finding[] =>
  sortedFindings(
    Object.entries(fitting).flatMap(([name, system]) => {
      const source = sources.get(name);
      return source ? ofSystem(name, system, source) : [];
    }),
  );
