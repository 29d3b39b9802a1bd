import { StateError } from './errors.ts';
import type { Json, Target } from './flow.ts';

/** How a Task state reaches what its Resource names. */
export interface Integration {
  /** Names the resource in events: `invoke`, `invoke.waitForTaskToken`, or the function's ARN. */
  readonly resource: string;
  /** Absent for a function's own ARN, which has events of its own. */
  readonly resourceType?: string;
  readonly waitsForToken: boolean;
  /** Arguments that are modelled; absent where all are passed on. */
  readonly modelled?: readonly string[];
  /** What to call for these arguments. Throws States.Runtime for arguments that are missing or not modelled. */
  target(input: Json): Target;
}

const region = 'eu-west-1';
const functionArn = /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/;
const serviceArn = /^arn:aws:states:::([a-z0-9]+:[a-zA-Z]+)(\.[a-zA-Z]+)?$/;
const modelledArguments = ['FunctionName', 'Payload', 'InvocationType'];

/** Services other than Lambda, and how Step Functions names their errors. */
const services: Readonly<Record<string, string>> = {
  'dynamodb:getItem': 'DynamoDB',
  'dynamodb:putItem': 'DynamoDB',
  'dynamodb:updateItem': 'DynamoDB',
  'dynamodb:deleteItem': 'DynamoDB',
  'sns:publish': 'SNS',
};

/** The integration behind a Resource, or why there is none. `callsAws`: whether services other than Lambda are in reach. */
export function integrationOf(resource: string, callsAws: boolean): Integration | string {
  if (functionArn.test(resource)) return bareFunction(resource);
  const [, api, pattern = ''] = serviceArn.exec(resource) ?? [];
  if (api === undefined) return `the local cloud does not model the resource ${resource}`;
  if (api === 'lambda:invoke' && ['', '.waitForTaskToken'].includes(pattern)) return lambdaInvoke(pattern);
  const errorPrefix = pattern === '' && callsAws ? services[api] : undefined;
  if (errorPrefix === undefined) return `the local cloud does not model the integration ${api}${pattern}`;
  return serviceCall(api, errorPrefix);
}

function bareFunction(resource: string): Integration {
  return {
    resource,
    waitsForToken: false,
    target: (payload) => ({ service: 'lambda', functionArn: resource, payload, type: 'RequestResponse', bare: true }),
  };
}

function lambdaInvoke(pattern: string): Integration {
  return {
    resource: `invoke${pattern}`,
    resourceType: 'lambda',
    waitsForToken: pattern !== '',
    modelled: modelledArguments,
    target: invocation,
  };
}

function invocation(input: Json): Target {
  const { FunctionName, Payload = {}, InvocationType = 'RequestResponse' } = fieldsOf(input);
  const unknown = Object.keys(fieldsOf(input)).find((key) => !modelledArguments.includes(key));
  if (unknown !== undefined) throw invalid(`the local cloud does not model ${unknown}`);
  if (typeof FunctionName !== 'string') throw invalid('FunctionName must be text');
  if (InvocationType !== 'RequestResponse' && InvocationType !== 'Event')
    throw invalid(`InvocationType can't be ${JSON.stringify(InvocationType)}`);
  return { service: 'lambda', functionArn: arnOf(FunctionName), payload: Payload, type: InvocationType, bare: false };
}

function serviceCall(api: string, errorPrefix: string): Integration {
  const [service = '', action = ''] = api.split(':');
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  const target = (input: Json): Target => ({ service, operation, input, errorPrefix });
  return { resource: action, resourceType: service, waitsForToken: false, target };
}

function arnOf(name: string): string {
  return name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:123456789012:function:${name}`;
}

function fieldsOf(input: Json): Readonly<Record<string, Json>> {
  if (input !== null && typeof input === 'object' && !Array.isArray(input)) return input as Record<string, Json>;
  throw invalid('Arguments must be an object');
}

function invalid(reason: string): StateError {
  return new StateError('States.Runtime', `The arguments of lambda:invoke are not valid: ${reason}.`);
}
