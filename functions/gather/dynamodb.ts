import { dynamodb } from '../../connectors/dynamodb.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `dynamodb`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(dynamodb);
