import { rest } from '../../connectors/rest.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `rest`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(rest);
