import { s3 } from '../../connectors/s3.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `s3`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(s3);
