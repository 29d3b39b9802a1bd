import { postgres } from '../../connectors/postgres.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `postgres`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(postgres);
