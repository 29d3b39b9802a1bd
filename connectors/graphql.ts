import * as z from 'zod/mini';
import type { ConnectorFactory, Value } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { GraphQlCollection, GraphQlOptions } from './graphql-options.ts';
import { httpSource } from './http-source.ts';
import { parsed } from './options.ts';
import { pageParams } from './rest-paging.ts';
import { atPath, filledBody } from './rest-request.ts';

/** A GraphQL API over HTTPS: a query of the data map with the value as a variable, and Relay's cursors. */
export const graphql: ConnectorFactory = (context) => {
  const options = parsed(GraphQlOptions, context.system.connector.options, 'connector.options');
  return httpSource(context, options, {
    collection: Collection,
    request: (base, { query, variables, paging }, filling, position) => {
      const filled = filledBody(variables as Value, filling) as Readonly<Record<string, Value>>;
      const body = JSON.stringify({ query, variables: { ...filled, ...pageParams(paging, position) } });
      return { url: atPath(base, options.path), method: 'POST', body };
    },
    inspect,
  });
};

const Collection = z.pipe(
  GraphQlCollection,
  z.transform((described) => ({ ...described, nothing: [] })),
);

// An answer with part of its data is not whole. Without `data` the query itself was refused, and asking again won't help.
const inspect = (body: Value): void => {
  const { errors, data } = (body ?? {}) as { readonly errors?: Value; readonly data?: Value };
  // Some servers write `null` or an empty list where the specification wants nothing.
  if (errors === undefined || errors === null || (Array.isArray(errors) && errors.length === 0)) return;
  if (data === undefined) throw new SourceMalformed('the source refuses the query');
  throw new SourceUnavailable('the source answered with errors');
};
