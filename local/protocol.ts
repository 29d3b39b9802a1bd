import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { AwsError, type Call, type Service } from './service.ts';

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

/** The operation of a JSON call: the part of `X-Amz-Target` after the last dot. */
export function targetOf(call: Call): string {
  const target = call.headers['x-amz-target'];
  return typeof target === 'string' ? target.slice(target.lastIndexOf('.') + 1) : '';
}

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

/** A service of JSON operations; `resourceOf` names what a call is about, for its permission. */
export function jsonService<World>(
  signingName: string,
  world: World,
  operations: Readonly<Record<string, JsonOperation<World>>>,
  resourceOf: (input: Readonly<Record<string, unknown>>) => string,
): Service {
  const find = (call: Call): JsonOperation<World> => {
    const name = targetOf(call);
    const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (found === undefined) throw unknownOperation(signingName, name);
    return found;
  };
  return {
    signingName,
    permissions: (call) => {
      const resource = resourceOf(jsonInput(call, find(call).input) as Record<string, unknown>);
      return [{ action: `${signingName}:${targetOf(call)}`, resource }];
    },
    handle: async (call, response) => {
      const { input, run } = find(call);
      const output = await run(world, jsonInput(call, input) as never);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output));
    },
  };
}

/** What an operation that is not modelled gets: AWS's own error name, and which operation it was. */
export function unknownOperation(service: string, operation: string): AwsError {
  return new AwsError('UnknownOperationException', `The local cloud does not model ${service}:${operation}.`);
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

  /** The records of a list `key.1.Field`: the distinct prefixes in order, e.g. `Tags.member` or `MessageAttributes.entry`. */
  prefixes(key: string): string[] {
    const starts = [...this.form.keys()].filter((field) => field.startsWith(`${key}.`));
    return [...new Set(starts.map((field) => `${key}.${field.slice(key.length + 1).split('.')[0]}`))];
  }

  /** Refuses every field that does not begin with one of `known`, by name. */
  refuseOthers(service: string, known: readonly string[]): void {
    const modelled = ['Action', 'Version', ...known];
    const other = [...this.form.keys()].find(
      (key) => !modelled.some((name) => key === name || key.startsWith(`${name}.`)),
    );
    if (other === undefined) return;
    throw new AwsError(
      'InvalidParameterValue',
      `The local cloud does not model ${other} of ${service}:${this.action}.`,
    );
  }
}

/** What an action that is not modelled gets in the query protocol. */
export function unknownAction(service: string, action: string): AwsError {
  return new AwsError('InvalidAction', `The local cloud does not model ${service}:${action}.`);
}

/** Answers a form-encoded call with a flat result. */
export function answerXml(
  response: ServerResponse,
  namespace: string,
  action: string,
  result: Readonly<Record<string, string | number>>,
): void {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  const body = `<${action}Result>${elements(result)}</${action}Result>${metadata}`;
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(`<${action}Response xmlns="${namespace}">${body}</${action}Response>`);
}

/** Flat fields as XML. */
export function elements(fields: Readonly<Record<string, unknown>>): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`)
    .join('');
}
