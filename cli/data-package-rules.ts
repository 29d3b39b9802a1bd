import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

const text = { type: 'string' };
const texts = { type: 'array', minItems: 1, items: text };
/** A file below the descriptor, or an address on the web. */
const path = {
  type: 'string',
  minLength: 1,
  pattern: '^(?:(?:https?|ftp)://.+|(?![./~\\\\])(?!file:)(?:(?!/\\.\\./|://)[^\\\\])+)$',
};

const types = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'list',
  'datetime',
  'date',
  'time',
  'year',
  'yearmonth',
  'duration',
  'geopoint',
  'geojson',
  'any',
];

const tableSchema = {
  type: 'object',
  required: ['fields'],
  properties: {
    fields: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: text, type: { enum: types }, title: text, description: text, format: text },
      },
    },
  },
};

const resource = {
  type: 'object',
  required: ['name'],
  oneOf: [{ required: ['path'] }, { required: ['data'] }],
  properties: {
    name: text,
    path: { oneOf: [path, { type: 'array', minItems: 1, items: path }] },
    type: { const: 'table' },
    title: text,
    description: text,
    format: text,
    encoding: text,
    mediatype: { type: 'string', pattern: '^.+/.+$' },
    bytes: { type: 'integer' },
    hash: { type: 'string', pattern: '^(?:[^:]+:[0-9a-fA-F]+|[0-9a-fA-F]{32}|)$' },
    sources: {
      type: 'array',
      items: { type: 'object', minProperties: 1, properties: { title: text, path, email: text } },
    },
    dialect: { type: 'object', properties: { delimiter: text, quoteChar: text, header: { type: 'boolean' } } },
    schema: tableSchema,
  },
};

/** What the standard (datapackage.org, 2.0) asks of the members that an answer's descriptor has. */
const profile = {
  type: 'object',
  required: ['resources'],
  properties: {
    $schema: text,
    name: text,
    title: text,
    description: text,
    created: {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)$',
    },
    contributors: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', minProperties: 1, properties: { title: text, path, email: text, roles: texts } },
    },
    resources: { type: 'array', minItems: 1, items: resource },
  },
};

/** The members of a descriptor that the checker goes on with. */
export interface Descriptor {
  readonly resources: readonly {
    readonly path: string;
    readonly bytes?: number;
    readonly hash?: string;
    readonly jsonSchema?: string;
    readonly dialect?: { readonly delimiter?: string };
    readonly schema?: { readonly fields: readonly { readonly name: string }[] };
  }[];
}

/** Where in a document the first rule is broken, without what stands there; undefined when none is. */
const problemOf = (validate: ValidateFunction, value: unknown): string | undefined => {
  if (validate(value)) return undefined;
  const [error] = validate.errors ?? [];
  return `${error?.instancePath || '/'} breaks the rule "${error?.keyword}"`;
};

const validateProfile = new Ajv({ allErrors: false }).compile(profile);

/** What is wrong with a descriptor by the standard. */
export const profileProblem = (descriptor: unknown): string | undefined => problemOf(validateProfile, descriptor);

/** The check of a JSON Schema 2020-12, or undefined when it is none. */
export const schemaCheck = (schema: unknown): ((value: unknown) => string | undefined) | undefined => {
  try {
    const validate = new Ajv2020({ strict: false }).compile(schema as object);
    return (value) => problemOf(validate, value);
  } catch {
    return undefined;
  }
};
