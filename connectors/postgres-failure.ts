import pg from 'pg';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';

const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError && error.code) || '';

const notOfType = new Set(['22P02', '22003', '22007', '22008', '22023']);

/** Whether Postgres says that a value can't be one of the column's type: compared as texts it finds nothing, without an error. */
export const isNotOfType = (error: unknown): boolean => notOfType.has(codeOf(error));

// Connections, log-in, conflicts, resources, an administrator's stop, time-outs: asking again may help.
const passing = /^(08|28|40|53|55|57|58|XX)/;

/** The failure in our words, with Postgres' code only: its messages may repeat values. */
export const failure = (name: string, error: unknown): Error => {
  const code = codeOf(error);
  if (code && !passing.test(code)) return new SourceMalformed(`${name}: Postgres refused with ${code}`);
  return new SourceUnavailable(`${name}: Postgres did not answer (${code || 'no connection'})`);
};
