/** An error of the States Language: what Retry and Catch see, and what an execution fails with. */
export class StateError extends Error {
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** The event EvaluationFailed that is still to be written. */
  evaluation: Evaluation | undefined;

  constructor(error: string | undefined, reason?: string, evaluation?: Evaluation) {
    super(reason ?? error ?? '');
    this.name = 'StateError';
    this.error = error;
    this.reason = reason;
    this.evaluation = evaluation;
  }

  /** `$states.errorOutput`: a missing name or cause is an empty string, as AWS gives it. */
  get output(): { readonly Error: string; readonly Cause: string } {
    return { Error: this.error ?? '', Cause: this.reason ?? '' };
  }
}

/** Where an evaluation failed. `entering` is false when the value could be evaluated but not used. */
export interface Evaluation {
  readonly location?: string;
  readonly entering: boolean;
}

/** Errors that no Retry and no Catch may hide, however they name them. */
const fatal: ReadonlySet<string | undefined> = new Set(['States.Runtime']);
/** Errors that a wildcard does not cover. */
const notByWildcard: ReadonlySet<string | undefined> = new Set(['States.DataLimitExceeded']);
const timeouts: ReadonlySet<string | undefined> = new Set(['States.Timeout', 'States.HeartbeatTimeout']);

const wildcards: Readonly<Record<string, (error: string | undefined) => boolean>> = {
  'States.ALL': (error) => !notByWildcard.has(error),
  'States.TaskFailed': (error) => !notByWildcard.has(error) && !timeouts.has(error),
  // A lost heartbeat is a timeout too; its own name is the narrower one.
  'States.Timeout': (error) => timeouts.has(error),
};

/** Whether a Retry or Catch entry covers an error. */
export function covers(errorEquals: readonly string[], { error }: StateError): boolean {
  if (fatal.has(error)) return false;
  return errorEquals.some((name) => name === error || wildcards[name]?.(error) === true);
}
