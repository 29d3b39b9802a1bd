import type { Json } from './expression.ts';

/** Step Functions' quota for the input or output of a state or task, and for what one Assign sets, in bytes of UTF-8. */
export const dataLimit = 262_144;
/** And for all variables that are seen at once. */
export const variablesLimit = 10_485_760;

/** An error of the States Language: what Retry and Catch see, and what an execution fails with. */
export class StateError extends Error {
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** The event EvaluationFailed that is still to be written. */
  evaluation: Evaluation | undefined;

  constructor(error: string | undefined, reason?: string, evaluation?: Evaluation) {
    super(reason ?? error ?? '');
    this.error = error;
    this.reason = reason;
    this.evaluation = evaluation;
  }

  /** Ends the execution at once, whatever the states around would do with an error. */
  get isFinal(): boolean {
    return this.error === 'States.Runtime';
  }

  /** `$states.errorOutput`: a missing name or cause is an empty string, as AWS gives it. */
  get output(): { readonly Error: string; readonly Cause: string } {
    return { Error: this.error ?? '', Cause: this.reason ?? '' };
  }
}

/** AWS calls it by the name of every other timeout, but Retry and Catch can tell it by its own. */
export class HeartbeatLost extends StateError {
  constructor() {
    super('States.Timeout');
  }
}

/** Where an evaluation failed. `entering` is false when the value could be evaluated but not used. */
export interface Evaluation {
  readonly location?: string;
  readonly entering: boolean;
}

const wildcards: Readonly<Record<string, (failure: StateError) => boolean>> = {
  'States.ALL': ({ error }) => error !== 'States.DataLimitExceeded',
  'States.TaskFailed': ({ error }) => error !== 'States.DataLimitExceeded' && error !== 'States.Timeout',
  'States.HeartbeatTimeout': (failure) => failure instanceof HeartbeatLost,
};

/** Whether a Retry or Catch entry covers an error. Nothing covers States.Runtime. */
export function covers(errorEquals: readonly string[], failure: StateError): boolean {
  if (failure.isFinal) return false;
  return errorEquals.some((name) => name === failure.error || wildcards[name]?.(failure) === true);
}

/** Fails when values are larger together than a state may pass on, or than another limit in bytes. `what` names where they come from. */
export function checkSize(what: string, values: readonly Json[], limit = dataLimit): void {
  const bytes = values.map((value) => Buffer.byteLength(JSON.stringify(value)));
  if (bytes.reduce((sum, each) => sum + each, 0) <= limit) return;
  const reason = `The ${what} returned a result with a size exceeding the maximum number of bytes service limit.`;
  throw new StateError('States.DataLimitExceeded', reason);
}
