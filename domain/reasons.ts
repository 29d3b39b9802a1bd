/** Why a step stopped, or a system did not answer whole, as people are told: each has words on the DPO's page and in the mails. */
export const reasons = [
  'SourceUnavailable',
  'SourceMalformed',
  'SourceNotAsked',
  'SecondProofMissing',
  'LimitReached',
  'OwnerAsked',
  'OwnerUnknown',
  'NotInDataMap',
  'ManifestMismatch',
  'LetterNotWritten',
  'NoProgress',
  'NotFinished',
  'ServiceUnavailable',
  'Conflict',
  'TransitionRefused',
  'Unexpected',
] as const;
export type Reason = (typeof reasons)[number];

/** Other names that get onto a record: what AWS says of a run, and what only a mistake of ours brings there. */
const alsoCalled: Readonly<Record<string, Reason>> = {
  AddressRefused: 'SourceMalformed',
  RequestNotFound: 'Unexpected',
  UnknownStep: 'Unexpected',
  'Lambda.SdkClientException': 'ServiceUnavailable',
  'Lambda.ServiceException': 'ServiceUnavailable',
  'Lambda.TooManyRequestsException': 'ServiceUnavailable',
  'Lambda.Unknown': 'ServiceUnavailable',
  'Runtime.ExitError': 'Unexpected',
  'Runtime.OutOfMemory': 'Unexpected',
  'Sandbox.Timedout': 'NotFinished',
  'States.Timeout': 'NotFinished',
};

/** What a code of a record is told as; undefined for one that nobody has foreseen. */
export const reasonNamed = (code: string): Reason | undefined =>
  reasons.find((each) => each === code) ?? (Object.hasOwn(alsoCalled, code) ? alsoCalled[code] : undefined);

/** What a code is told as, whatever it is: no name of an error is a text for people. */
export const reasonOf = (code: string): Reason => reasonNamed(code) ?? 'Unexpected';
