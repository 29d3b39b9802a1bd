import { env } from '../lib/env.ts';
import { casesIn } from './cases.ts';
import { countersIn } from './counters.ts';
import { filesIn } from './files.ts';
import { sealsWith } from './seals.ts';
import { signalTo } from './signal.ts';
import { tableNamed } from './table.ts';
import { tokensIn } from './tokens.ts';
import { workflowOf } from './workflow.ts';

/** The dependencies as the environment names them; each function takes the ones it needs, and its bundle holds no other. */
export const now = (): Date => new Date();
export const requestsTable = () => tableNamed(env('REQUESTS_TABLE').REQUESTS_TABLE);
export const cases = () => casesIn(requestsTable(), signalTo(env('WAKE_TOPIC').WAKE_TOPIC), now);
export const tokens = () => tokensIn(requestsTable());
export const counters = () => countersIn(tableNamed(env('COUNTERS_TABLE').COUNTERS_TABLE));
export const seals = () => sealsWith(env('PSEUDONYM_KEY').PSEUDONYM_KEY);
export const files = () => filesIn(env('EVIDENCE_BUCKET').EVIDENCE_BUCKET);
export const workflow = () => workflowOf(env('STATE_MACHINE').STATE_MACHINE);
export const auditFiles = () => filesIn(env('AUDIT_BUCKET').AUDIT_BUCKET);
