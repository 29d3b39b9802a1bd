import * as z from 'zod';
import { AwsError } from './service.ts';

const Fault = z
  .strictObject({
    /** The name in the credential scope, such as `dynamodb`. */
    service: z.string().min(1),
    /** AWS's name of the operation, such as `PutItem`; `*` is any. */
    operation: z.string().min(1),
    /** The how manieth matching call from now is the first that it meets. */
    call: z.int().min(1).default(1),
    /** How many calls in a row it meets. */
    times: z.int().min(1).default(1),
    /** What it does to the calls that it meets. */
    mode: z.enum(['refuse', 'throttle', 'drop-answer', 'delay', 'repeat']),
    /** Of `delay`: milliseconds of real time. */
    ms: z.int().min(1).max(60_000).optional(),
  })
  .refine(({ mode, ms }) => mode !== 'delay' || ms !== undefined, 'ms: a delay needs it');

export type Fault = z.infer<typeof Fault>;
type Armed = Fault & { seen: number; fired: number };

export type Faults = ReturnType<typeof openFaults>;

/** The faults that tests put between a function and AWS. */
export function openFaults() {
  const armed: Armed[] = [];
  return {
    /** Arms a fault. Throws, naming the field, on one it does not know. */
    add(input: unknown): unknown {
      const parsed = Fault.safeParse(input);
      if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
      const fault = { ...parsed.data, seen: 0, fired: 0 };
      armed.push(fault);
      return fault;
    },
    list: (): unknown => armed,
    clear(): void {
      armed.length = 0;
    },
    /** What happens to this call. Counts it. */
    meet(service: string, operation: string): Fault | undefined {
      const matching = armed.filter((one) => one.service === service && ['*', operation].includes(one.operation));
      for (const fault of matching) fault.seen += 1;
      const fault = matching.find(({ seen, call, times }) => seen >= call && seen < call + times);
      if (fault !== undefined) fault.fired += 1;
      return fault;
    },
  };
}

/** How each service says that it is asked too often; the others say ThrottlingException. */
const throttles: Readonly<Record<string, AwsError>> = {
  s3: new AwsError('SlowDown', 'Please reduce your request rate.', 503),
  lambda: new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429),
  ses: new AwsError('Throttling', 'Maximum sending rate exceeded.', 400),
};

/** The error of a fault that refuses. */
export function refusal(service: string, mode: Fault['mode']): AwsError {
  if (mode === 'throttle') return throttles[service] ?? new AwsError('ThrottlingException', 'Rate exceeded');
  const code = service === 's3' ? 'InternalError' : 'InternalServerError';
  return new AwsError(code, 'We encountered an internal error. Please try again.', 500);
}
