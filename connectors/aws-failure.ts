import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';

// What no second try changes; everything else (throttling, an outage, credentials being renewed) may pass.
const lasting = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationHeaderMalformed',
  'InvalidBucketName',
  'InvalidRequestContentException',
  'NoSuchBucket',
  'PermanentRedirect',
  'RequestTooLargeException',
  'ResourceNotFoundException',
  'ValidationException',
]);

/** A failure of an AWS service in our words, with its code only: messages may repeat values. */
export const awsFailure = (name: string, service: string, error: unknown, signal?: AbortSignal): unknown => {
  if (signal?.aborted) return signal.reason;
  const code = error instanceof Error ? error.name : 'unknown';
  if (lasting.has(code)) return new SourceMalformed(`${name}: ${service} refused with ${code}`);
  return new SourceUnavailable(`${name}: ${service} did not answer (${code})`);
};
