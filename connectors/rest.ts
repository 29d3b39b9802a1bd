import type { ConnectorFactory } from '../domain/connector.ts';
import { httpSource } from './http-source.ts';
import { parsed } from './options.ts';
import { RestCollection, RestOptions } from './rest-options.ts';
import { collectionWithPreset, withPreset } from './rest-presets.ts';
import { requestOf } from './rest-request.ts';

/** Any HTTP API that answers JSON, described in the data map or by a preset. */
export const rest: ConnectorFactory = (context) => {
  const { options } = context.system.connector;
  return httpSource(context, parsed(RestOptions, withPreset(options), 'connector.options'), {
    collection: RestCollection,
    described: (name, collection) => collectionWithPreset(options, name, collection),
    request: requestOf,
  });
};
