import { mssql } from '../../connectors/mssql.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `mssql`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(mssql);
