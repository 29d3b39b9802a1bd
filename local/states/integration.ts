import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type InvokeFunction } from '../service.ts';
import { StateError } from './errors.ts';
import type { Json, Variables } from './expression.ts';
import type { Outcome } from './journal.ts';

/** What tasks call: Lambda's Invoke as a role. */
export interface Reach {
  readonly clock: Clock;
  readonly invokeAs: (roleArn: string) => InvokeFunction;
}

/** One attempt of a task. Rejects with AwsError on refusal. */
export type Attempt = (reach: Reach, roleArn: string) => Promise<Outcome>;

/** How a Task state reaches what its Resource names. */
export interface Integration {
  /** Names the resource in events: `invoke`, `invoke.waitForTaskToken`, or the function's ARN. */
  readonly resource: string;
  /** Absent for a function's own ARN, which has events of its own. */
  readonly resourceType?: 'lambda';
  readonly waitsForToken: boolean;
  /** What to do for these arguments. Throws States.Runtime for arguments that are missing or not modelled. */
  attempt(input: Json): Attempt;
}

const region = 'eu-west-1';
const functionArn = /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/;
const invokeArn = /^arn:aws:states:::lambda:(invoke(\.waitForTaskToken)?)$/;
const modelled = ['FunctionName', 'Payload', 'InvocationType'];

/** The integration behind a Resource. Throws, with what is not modelled, when there is none or `given` holds other arguments. */
export function integrationOf(resource: string, given: unknown): Integration {
  if (functionArn.test(resource))
    return {
      resource,
      waitsForToken: false,
      attempt: (payload) => invocation(resource, payload, 'RequestResponse', true),
    };
  const [, action, token] = invokeArn.exec(resource) ?? [];
  if (action === undefined) throw new Error(`Resource: the local cloud does not model ${resource}`);
  const unknown = typeof given === 'object' && given !== null && unknownIn(given);
  if (unknown) throw new Error(`Arguments: the local cloud does not model ${unknown} here`);
  return { resource: action, resourceType: 'lambda', waitsForToken: token !== undefined, attempt: invoke };
}

function unknownIn(given: object): string | undefined {
  return Object.keys(given).find((key) => !modelled.includes(key));
}

function invoke(input: Json): Attempt {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) throw invalid('Arguments must be an object');
  const unknown = unknownIn(input);
  if (unknown !== undefined) throw invalid(`the local cloud does not model ${unknown}`);
  const { FunctionName: name, Payload = {}, InvocationType: type = 'RequestResponse' } = input as Variables;
  if (typeof name !== 'string') throw invalid('FunctionName must be text');
  if (type !== 'RequestResponse' && type !== 'Event') throw invalid(`InvocationType can't be ${JSON.stringify(type)}`);
  const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:123456789012:function:${name}`;
  return invocation(arn, Payload, type, false);
}

function invalid(reason: string): StateError {
  return new StateError('States.Runtime', `The arguments of lambda:invoke are not valid: ${reason}.`);
}

/** `bare`: the result is the function's answer alone, not the response of Lambda's Invoke around it. */
function invocation(arn: string, payload: Json, type: 'RequestResponse' | 'Event', bare: boolean): Attempt {
  return async ({ clock, invokeAs }, roleArn) => {
    const result = await invokeAs(roleArn)(arn, JSON.stringify(payload), { type });
    if (!result.ok) return { type: 'failed', error: result.error.errorType, cause: JSON.stringify(result.error) };
    // An asynchronous invocation is accepted; what comes of it is not known.
    const text = type === 'Event' ? '{}' : result.payload || 'null';
    const answer = JSON.parse(text) as Json;
    const status = type === 'Event' ? 202 : 200;
    return { type: 'succeeded', output: bare ? answer : responseOf(answer, text, status, clock.now()) };
  };
}

/** The response of Lambda's Invoke, as Step Functions passes it on. */
function responseOf(Payload: Json, text: string, StatusCode: number, now: Date): Json {
  const RequestId = randomUUID();
  const HttpHeaders = {
    Connection: 'keep-alive',
    'Content-Length': String(Buffer.byteLength(text)),
    'Content-Type': 'application/json',
    Date: now.toUTCString(),
    'X-Amz-Executed-Version': '$LATEST',
    'x-amzn-Remapped-Content-Length': '0',
    'x-amzn-RequestId': RequestId,
    'X-Amzn-Trace-Id': `root=1-${randomUUID()}`,
  };
  const AllHttpHeaders = Object.fromEntries(Object.entries(HttpHeaders).map(([name, value]) => [name, [value]]));
  const SdkHttpMetadata = { AllHttpHeaders, HttpHeaders, HttpStatusCode: StatusCode };
  return { ExecutedVersion: '$LATEST', Payload, SdkHttpMetadata, SdkResponseMetadata: { RequestId }, StatusCode };
}

/** Makes an attempt. Never rejects: a refusal is an error of the States Language. */
export async function perform(attempt: Attempt, reach: Reach, roleArn: string): Promise<Outcome> {
  try {
    return await attempt(reach, roleArn);
  } catch (error) {
    const { code, status, message } =
      error instanceof AwsError ? error : { code: 'SdkClientException', status: 500, message: String(error) };
    if (!(error instanceof AwsError)) console.error('states: a call failed:', error);
    // Step Functions has a name of its own for this refusal.
    const name = code === 'AccessDeniedException' ? 'AWSLambdaException' : code;
    return { type: 'failed', error: `Lambda.${name}`, cause: `${message} (Service: Lambda, Status Code: ${status})` };
  }
}
