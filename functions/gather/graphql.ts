import { graphql } from '../../connectors/graphql.ts';
import { gatherer } from '../lib/gatherer.ts';

/** Gathers from a system of type `graphql`: one Lambda per system runs it, with that system's role and secret. */
export const handler = gatherer(graphql);
