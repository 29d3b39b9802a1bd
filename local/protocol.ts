import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { AwsError, type Call, type Permission, type Service } from './service.ts';

/** Undefined when the body is larger than so many bytes. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
  }
  return size > most ? undefined : Buffer.concat(chunks);
}

// The two wire shapes that AWS's small services share: JSON named by a target header, and a form answered in XML.

/** The checked input of a JSON call. A field the schema does not model is refused by name, as `ValidationException`. */
export function jsonInput<Schema extends z.ZodType>(call: Call, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(call.body));
  if (parsed.success) return parsed.data;
  throw new AwsError('ValidationException', z.prettifyError(parsed.error));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('SerializationException', 'The body is not valid JSON.');
  }
}

/** An operation on a service's world. A field that its schema does not know is refused by name. */
export interface JsonOperation<World> {
  readonly input: z.ZodType;
  run(world: World, input: never): object | Promise<object>;
}

export function operation<World, Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (world: World, input: z.infer<z.ZodObject<Shape>>) => object | Promise<object>,
): JsonOperation<World> {
  return { input: z.strictObject(shape), run: run as JsonOperation<World>['run'] };
}

/** A service of JSON operations; `resourceOf` names what a call is about, for its permission. One without fields is about everything. */
export function jsonService<World>(
  signingName: string,
  world: World,
  operations: Readonly<Record<string, JsonOperation<World>>>,
  resourceOf: (input: Readonly<Record<string, unknown>>) => string,
): Service {
  return {
    signingName,
    prepare(call) {
      const { name, found } = operationOf(signingName, operations, call);
      const input = jsonInput(call, found.input) as Readonly<Record<string, unknown>>;
      const resource = Object.keys(input).length === 0 ? '*' : resourceOf(input);
      return {
        operation: name,
        permissions: [{ action: `${signingName}:${name}`, resource }],
        answer: async (response) => answerJson(response, await found.run(world, input as never)),
      };
    },
  };
}

/** The operation of a JSON call: the part of `X-Amz-Target` after the last dot. Throws UnknownOperationException. */
export function operationOf<Operation>(service: string, operations: Readonly<Record<string, Operation>>, call: Call) {
  const name = String(call.headers['x-amz-target'] ?? '').replace(/^.*\./s, '');
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (found === undefined) throw unknownOperation(service, name);
  return { name, found };
}

export function answerJson(response: ServerResponse, output: object): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output));
}

/** What an operation that is not modelled gets: AWS's own error name, and which operation it was. */
export function unknownOperation(service: string, operation: string): AwsError {
  return new AwsError('UnknownOperationException', `The local cloud does not model ${service}:${operation}.`);
}

/** An action of a form-encoded call. A field that is none of `knows`, nor a list of that name, is refused by name. */
export interface QueryAction {
  readonly knows: readonly string[];
  prepare(input: QueryInput, call: Call): PreparedAction;
}

interface PreparedAction {
  readonly permissions: readonly Permission[];
  run(): Promise<Readonly<Record<string, Xml>>>;
}

/** An action without fields that lists what there is. */
export function listing(action: string, run: () => Readonly<Record<string, Xml>>): QueryAction {
  return { knows: [], prepare: () => ({ permissions: [{ action, resource: '*' }], run: async () => run() }) };
}

/** A service of form-encoded actions that are answered in XML. */
export function queryService(
  signingName: string,
  namespace: string,
  actions: Readonly<Record<string, QueryAction>>,
): Service {
  return {
    signingName,
    prepare(call) {
      const input = new QueryInput(call);
      const { action } = input;
      const found = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (found === undefined)
        throw new AwsError('InvalidAction', `The local cloud does not model ${signingName}:${action}.`);
      input.refuseOthers(signingName, found.knows);
      const { permissions, run } = found.prepare(input, call);
      return {
        operation: action,
        permissions,
        answer: async (response) => answerXml(response, namespace, action, await run()),
      };
    },
  };
}

/** A form-encoded call: flat keys such as `Destinations.member.1`. */
export class QueryInput {
  private readonly form: URLSearchParams;
  readonly action: string;

  constructor(call: Call) {
    this.form = new URLSearchParams(call.body.toString('utf8') || call.query.toString());
    this.action = this.form.get('Action') ?? '';
  }

  /** The value of one field, or undefined. */
  get(key: string): string | undefined {
    return this.form.get(key) ?? undefined;
  }

  /** The values of a list `key.member.1`, `key.member.2`, ... in order. */
  list(key: string): string[] {
    const values: string[] = [];
    for (let n = 1; this.form.has(`${key}.member.${n}`); n += 1) values.push(this.form.get(`${key}.member.${n}`) ?? '');
    return values;
  }

  /** Refuses every field that is none of `known` and no list of that name, by name. */
  refuseOthers(service: string, known: readonly string[]): void {
    const modelled = ['Action', 'Version', ...known];
    const other = [...this.form.keys()].find((key) => !modelled.includes(key.replace(/\.member\.\d+$/, '')));
    if (other === undefined) return;
    throw new AwsError(
      'InvalidParameterValue',
      `The local cloud does not model ${other} of ${service}:${this.action}.`,
    );
  }
}

function answerXml(
  response: ServerResponse,
  namespace: string,
  action: string,
  result: Readonly<Record<string, Xml>>,
): void {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  const body = `<${action}Result>${elements(result)}</${action}Result>${metadata}`;
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(`<${action}Response xmlns="${namespace}">${body}</${action}Response>`);
}

/** A value in XML: text, a record of elements, or a list of elements of one name. */
export type Xml = string | number | boolean | undefined | { readonly [name: string]: Xml } | readonly Xml[];

export function elements(value: Xml): string {
  if (typeof value !== 'object') return escaped(String(value));
  const all = Object.entries(value).flatMap(([name, child]) => {
    const children = child === undefined ? [] : [child].flat();
    return children.map((one) => `<${name}>${elements(one as Xml)}</${name}>`);
  });
  return all.join('');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A line end or a control character must come back as it was. */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}&<>"]/gu, (sign) => entities[sign] ?? `&#${sign.charCodeAt(0)};`);
}
