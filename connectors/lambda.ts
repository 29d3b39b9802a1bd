import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import type { Connector, ConnectorFactory, Lookup, Value } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { awsFailure } from './aws-failure.ts';
import { parseExactly } from './exact-json.ts';
import { LambdaCollection, LambdaOptions } from './lambda-options.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { fieldsOf, rowOf } from './row.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** A function of your own: it gets { version, collection, field, values, fields, cursor? } and answers { rows, cursor? }. */
export const lambda: ConnectorFactory = ({ system }) => {
  const { region, ...options } = parsed(LambdaOptions, system.connector.options, 'connector.options');
  parsedCollections(LambdaCollection, system.collections);
  const client = new LambdaClient({ ...(region && { region }) });
  const find: Connector['find'] = (lookup, from) => {
    const ask = async (values: readonly string[], { position }: Place): Promise<Answer> => {
      const signals = [AbortSignal.timeout(options.timeout * 1_000), ...(from?.signal ? [from.signal] : [])];
      const command = new InvokeCommand({ FunctionName: options.function, Payload: asked(lookup, values, position) });
      const answer = await client.send(command, { abortSignal: AbortSignal.any(signals) }).catch((error: unknown) => {
        throw awsFailure(lookup.name, 'Lambda', error, from?.signal);
      });
      return answered(lookup, answer);
    };
    return walk(lookup.name, stepsOf(lookup.values, options.values), from, ask);
  };
  return { find, check: () => probe(system, find), close: async () => client.destroy() };
};

const stepsOf = (values: readonly string[], size: number): string[][] => {
  // Half a character can't be written as UTF-8: it would be asked for as another one.
  const askable = [...new Set(values)].filter((value) => value.isWellFormed());
  return askable.flatMap((_, index) => (index % size === 0 ? [askable.slice(index, index + size)] : []));
};

const asked = (lookup: Lookup, values: readonly string[], cursor: string | undefined): string => {
  const { name, field, collection } = lookup;
  return JSON.stringify({
    version: 1,
    collection: collection.at ?? name,
    field,
    values,
    fields: fieldsOf(lookup),
    cursor,
  });
};

const Said = z.object({
  rows: z.array(
    z.custom<Readonly<Record<string, Value>>>((row) => Object.prototype.toString.call(row) === '[object Object]'),
  ),
  cursor: z.nullish(z.string().check(z.minLength(1))),
});

const answered = (lookup: Lookup, { Payload, FunctionError }: InvokeCommandOutput): Answer => {
  // What failed in there may hold values: only that it failed is told.
  if (FunctionError) throw new SourceUnavailable(`${lookup.name}: the function failed`);
  const said = Said.safeParse(bodyOf(lookup.name, Payload)).data;
  if (!said) throw new SourceMalformed(`${lookup.name}: the function did not answer { rows, cursor }`);
  const fields = fieldsOf(lookup);
  return {
    found: said.rows.map((row) => ({
      row: rowOf(fields, (field) => (Object.hasOwn(row, field) ? row[field] : undefined)),
    })),
    ...(said.cursor && { next: said.cursor }),
  };
};

const bodyOf = (name: string, payload: Uint8Array | undefined): Value => {
  try {
    return parseExactly(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new SourceMalformed(`${name}: the answer is not JSON that can be trusted`);
  }
};
