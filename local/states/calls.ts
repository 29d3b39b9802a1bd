import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type InvokeFunction } from '../service.ts';
import type { Json, Outcome, Target } from './flow.ts';

/** Calls an operation of another service as a role, and answers its output. Rejects with AwsError on refusal. */
export type CallAws = (service: string, operation: string, input: unknown, roleArn: string) => Promise<unknown>;

export interface CallOptions {
  readonly clock: Clock;
  /** Lambda's Invoke as a role. */
  readonly invokeAs: (roleArn: string) => InvokeFunction;
  readonly callAws?: CallAws | undefined;
}

/** Makes the calls of tasks. What they resolve with never rejects: a refusal is an error of the States Language. */
export function openCalls(options: CallOptions): (target: Target, roleArn: string) => Promise<Outcome> {
  return async (target, roleArn) => {
    try {
      if ('functionArn' in target) return await invoke(options, target, roleArn);
      const output = await options.callAws?.(target.service, target.operation, target.input, roleArn);
      return { type: 'succeeded', output: (output ?? {}) as Json };
    } catch (error) {
      return refused('functionArn' in target ? 'Lambda' : target.errorPrefix, error as Error);
    }
  };
}

type Invocation = Extract<Target, { functionArn: string }>;

async function invoke(
  { clock, invokeAs }: CallOptions,
  { functionArn, payload, type, bare }: Invocation,
  roleArn: string,
) {
  const result = await invokeAs(roleArn)(functionArn, JSON.stringify(payload), { type });
  // An asynchronous invocation is accepted; what comes of it is not known.
  const text = result.ok && type === 'RequestResponse' ? result.payload : '{}';
  if (!result.ok)
    return { type: 'failed', error: result.error.errorType, cause: JSON.stringify(result.error) } as const;
  const answer = (text === '' ? null : JSON.parse(text)) as Json;
  const status = type === 'Event' ? 202 : 200;
  return { type: 'succeeded', output: bare ? answer : invokeResponse(answer, text, status, clock.now()) } as const;
}

/** The response of Lambda's Invoke, as Step Functions passes it on. */
function invokeResponse(Payload: Json, text: string, StatusCode: number, now: Date): Json {
  const headers: Record<string, string> = {
    Connection: 'keep-alive',
    'Content-Length': String(Buffer.byteLength(text)),
    'Content-Type': 'application/json',
    Date: now.toUTCString(),
    'X-Amz-Executed-Version': '$LATEST',
    'x-amzn-Remapped-Content-Length': '0',
    'x-amzn-RequestId': randomUUID(),
    'X-Amzn-Trace-Id': `root=1-${randomUUID()}`,
  };
  const AllHttpHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    ExecutedVersion: '$LATEST',
    Payload,
    SdkHttpMetadata: { AllHttpHeaders, HttpHeaders: headers, HttpStatusCode: StatusCode },
    SdkResponseMetadata: { RequestId: headers['x-amzn-RequestId'] as string },
    StatusCode,
  };
}

/** Names that Step Functions gives to refusals of Lambda, where they are not Lambda's own. */
const lambdaNames: Readonly<Record<string, string>> = { AccessDeniedException: 'AWSLambdaException' };

function refused(service: string, error: Error): Outcome {
  if (!(error instanceof AwsError)) console.error('states: a call failed:', error);
  const code = error instanceof AwsError ? error.code : 'SdkClientException';
  const name = service === 'Lambda' ? (lambdaNames[code] ?? code) : code;
  const status = error instanceof AwsError ? error.status : 500;
  return {
    type: 'failed',
    error: `${service}.${name}`,
    cause: `${error.message} (Service: ${service}, Status Code: ${status})`,
  };
}
