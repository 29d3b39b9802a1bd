import { randomBytes } from 'node:crypto';

/** A name for one attempt at writing: what two executions write at the same time never meets. */
export const newAttempt = (): string => randomBytes(6).toString('hex');
