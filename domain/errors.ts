/**
 * Failures the system can name. `name` is written out, not derived: minifying renames classes, and Step Functions' `Catch` and
 * `Retry` match on it. Messages hold identifiers and counts, never personal data: they may be logged.
 */
export class RequestNotFound extends Error {
  override readonly name = 'RequestNotFound';
}

/** The request is not in a state that allows the step (invariants I04, I05): a guard refused it. */
export class TransitionRefused extends Error {
  override readonly name = 'TransitionRefused';
}

/** Somebody else wrote first; reading again and deciding anew is the way on. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** A source could not be asked now; asking again later may help. Never the same as "nothing found". */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
}

/** A source answered with something that its description in the data map does not allow; asking again will not help. */
export class SourceMalformed extends Error {
  override readonly name = 'SourceMalformed';
}

/** A source could not be read to its end in the time that a function has; the next run goes on from the last checkpoint. */
export class NotFinished extends Error {
  override readonly name = 'NotFinished';
}

/** A service of AWS did not answer, or had no room, after all tries of its SDK; asking again later may help. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
}

/** What was stored is not what was approved (security.md 3.5). */
export class ManifestMismatch extends Error {
  override readonly name = 'ManifestMismatch';
}

/** The letter of an answer was not written; the log of the function that writes it says why. */
export class LetterNotWritten extends Error {
  override readonly name = 'LetterNotWritten';
}

export type Failure =
  | RequestNotFound
  | TransitionRefused
  | Conflict
  | SourceUnavailable
  | SourceMalformed
  | NotFinished
  | ServiceUnavailable
  | ManifestMismatch
  | LetterNotWritten;
