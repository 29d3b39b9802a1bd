import type { ConnectorFactory } from '../domain/connector.ts';
import { httpSource } from './http-source.ts';
import { parsed } from './options.ts';
import { RestCollection, RestOptions } from './rest-options.ts';
import { requestOf } from './rest-request.ts';

/** Any HTTP API that answers JSON, described in the data map. */
export const rest: ConnectorFactory = (context) => {
  const options = parsed(RestOptions, context.system.connector.options, 'connector.options');
  return httpSource(context, options, { collection: RestCollection, request: requestOf });
};
