import { lambda } from '../../connectors/lambda.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `lambda`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(lambda);
