import { mysql } from '../../connectors/mysql.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `mysql`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(mysql);
