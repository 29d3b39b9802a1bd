import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Faults, openFaults } from '../../local/faults.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { AwsError, type Call, type Caller, type Permission, type Service } from '../../local/service.ts';
import { stillClock } from './small-gateway.ts';

/** A service that answers what the test says and notes each call. */
interface Probe extends Service {
  readonly calls: Call[];
  answer: (call: Call) => string;
}

/** As the services name it. */
function operationOf({ method, headers, body }: Call): string {
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  const action = new URLSearchParams(body.toString()).get('Action');
  return target ?? action ?? { PUT: 'PutObject', GET: 'GetObject' }[method] ?? '';
}

function probe(signingName: string, type: string): Probe {
  const one: Probe = {
    signingName,
    calls: [],
    answer: () => '{}',
    prepare: (call) => ({
      operation: operationOf(call),
      permissions: [{ action: `${signingName}:Act`, resource: `arn:of:${signingName}` }],
      async answer(response) {
        one.calls.push(call);
        const body = one.answer(call);
        response.writeHead(200, { 'content-type': type }).end(body);
      },
    }),
  };
  return one;
}

let dynamodb: Probe;
let s3: Probe;
let lambda: Probe;
let faults: Faults;
let gateway: Gateway;
let asked: [Caller, Permission][];
const settings = () => ({
  endpoint: `http://127.0.0.1:${gateway.port}`,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});
const get = () => new DynamoDBClient(settings()).send(new GetItemCommand({ TableName: 'T', Key: { pk: { S: 'x' } } }));

beforeEach(async () => {
  dynamodb = probe('dynamodb', 'application/x-amz-json-1.0');
  s3 = probe('s3', 'application/xml');
  lambda = probe('lambda', 'application/json');
  faults = openFaults();
  asked = [];
  gateway = await openGateway({
    port: 0,
    clock: stillClock('2027-02-03T04:05:06.000Z'),
    services: [dynamodb, s3, lambda, probe('ses', 'text/xml'), probe('sns', 'text/xml')],
    faults,
    authenticate: (request) => {
      if (request.headers.authorization?.includes('Credential=local/')) return { accessKeyId: 'local' };
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    },
    authorise: (caller, permission) => void asked.push([caller, permission]),
  });
});
afterEach(() => gateway.close());

test('A call goes to the service in its credential scope, after its permissions were asked for', async () => {
  await get();
  expect(dynamodb.calls).toHaveLength(1);
  expect(JSON.parse(dynamodb.calls[0]?.body.toString() ?? '')).toMatchObject({ TableName: 'T' });
  expect(asked).toEqual([[{ accessKeyId: 'local' }, { action: 'dynamodb:Act', resource: 'arn:of:dynamodb' }]]);
});

test('A path arrives decoded, its query and method as they were sent', async () => {
  await new S3Client(settings()).send(new PutObjectCommand({ Bucket: 'b', Key: 'å b+c', Body: 'x' }));
  expect(s3.calls[0]).toMatchObject({ method: 'PUT', path: '/b/å b+c' });
});

test('A path that is none is refused, and so is a service that only objects know', async () => {
  const ask = async (path: string, service: string) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/${service}/aws4_request`;
    const answer = await fetch(`${settings().endpoint}${path}`, { headers: { authorization } });
    return [answer.status, await answer.text()];
  };
  expect(await ask('/b/%zz', 's3')).toEqual([400, expect.stringContaining('<Code>InvalidURI</Code>')]);
  expect(await ask('//%zz', 's3')).toEqual([400, expect.stringContaining('<Code>InvalidURI</Code>')]);
  expect(await ask('/', 'constructor')).toEqual([404, expect.stringContaining('UnknownOperationException')]);
});

test('Answers carry a request id and virtual time', async () => {
  const response = await fetch(`${settings().endpoint}/`, {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request' },
  });
  expect(response.headers.get('date')).toBe('Wed, 03 Feb 2027 04:05:06 GMT');
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[\w-]{36}$/);
});

test('A call that is larger than the local cloud holds in memory is refused, and how much it may be is said', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/s3/aws4_request';
  const body = Buffer.alloc(67_108_865);
  const put = await fetch(`${settings().endpoint}/b/k`, { method: 'PUT', body, headers: { authorization } });
  expect([put.status, await put.text()]).toEqual([413, expect.stringContaining('<Code>EntityTooLarge</Code>')]);
  expect(s3.calls).toEqual([]);
});

test('Errors come in the shape of each protocol', async () => {
  const refuse = (service: Probe, error: AwsError) => {
    service.answer = () => {
      throw error;
    };
  };
  const Item = { pk: { S: 'x' } };
  refuse(dynamodb, new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, { Item }));
  await expect(get()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item });
  refuse(s3, new AwsError('NoSuchKey', 'No <such> key', 404));
  const read = new S3Client(settings()).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
  await expect(read).rejects.toMatchObject({ name: 'NoSuchKey', message: 'No <such> key' });
  const head = new S3Client(settings()).send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }));
  await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  refuse(lambda, new AwsError('ResourceNotFoundException', 'Function not found: F', 404, { Type: 'User' }));
  const path = '/2015-03-31/functions/F/invocations';
  const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/lambda/aws4_request';
  const invoke = await fetch(settings().endpoint + path, { method: 'POST', body: '{}', headers: { authorization } });
  expect([invoke.status, invoke.headers.get('x-amzn-errortype')]).toEqual([404, 'ResourceNotFoundException']);
  expect(await invoke.json()).toMatchObject({ Type: 'User', Message: 'Function not found: F' });
});

test('The query protocol’s errors are XML with a code', async () => {
  faults.add({ service: 'ses', operation: 'SendRawEmail', mode: 'throttle' });
  faults.add({ service: 'sns', operation: 'Publish', mode: 'refuse' });
  const mail = new SESClient(settings()).send(new SendRawEmailCommand({ RawMessage: { Data: Buffer.from('x') } }));
  await expect(mail).rejects.toMatchObject({ name: 'Throttling' });
  const note = new SNSClient(settings()).send(new PublishCommand({ TopicArn: 't', Message: 'm' }));
  await expect(note).rejects.toMatchObject({ name: 'InternalServerError', $metadata: { httpStatusCode: 500 } });
});

test('A failure of ours is an InternalFailure that tells nothing', async () => {
  dynamodb.answer = () => {
    throw new Error('a secret');
  };
  await expect(get()).rejects.toMatchObject({ name: 'InternalFailure', message: 'The local cloud failed.' });
});

test('Who signs with an unknown key, names an unknown service or does not sign at all is refused', async () => {
  const strangers = { ...settings(), credentials: { accessKeyId: 'stranger', secretAccessKey: 'x' } };
  const call = new DynamoDBClient(strangers).send(new GetItemCommand({ TableName: 'T', Key: { pk: { S: 'x' } } }));
  await expect(call).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  const scope = { authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/ec2/aws4_request' };
  const unknown = await fetch(settings().endpoint, { method: 'POST', headers: { ...scope, 'x-amz-target': 'X.Run' } });
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { __type: 'UnknownOperationException' }]);
  const sts = { authorization: scope.authorization.replace('ec2', 'sts') };
  const asked = await fetch(settings().endpoint, {
    method: 'POST',
    headers: sts,
    body: new URLSearchParams('Action=A'),
  });
  expect(await asked.text()).toContain('<Code>UnknownOperationException</Code>');
  expect((await fetch(`${settings().endpoint}/bucket/key`)).status).toBe(400);
  expect(dynamodb.calls).toEqual([]);
});

test('The k-th matching call is refused or throttled, the others are not', async () => {
  faults.add({ service: 'dynamodb', operation: 'GetItem', call: 2, mode: 'throttle' });
  faults.add({ service: 'dynamodb', operation: 'PutItem', mode: 'refuse' });
  await get();
  await expect(get()).rejects.toMatchObject({ name: 'ThrottlingException' });
  await get();
  expect(dynamodb.calls).toHaveLength(2);
  expect(faults.list()).toMatchObject([{ fired: 1, seen: 3 }, { fired: 0 }]);
  faults.clear();
  expect(faults.list()).toEqual([]);
});

test('A dropped answer was done once, and its caller sees a broken connection', async () => {
  faults.add({ service: 'dynamodb', operation: '*', mode: 'drop-answer' });
  await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(dynamodb.calls).toHaveLength(1);
  faults.add({ service: 's3', operation: 'PutObject', mode: 'drop-answer' });
  const put = new S3Client(settings()).send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
  await expect(put).rejects.toThrow();
  expect(s3.calls).toHaveLength(1);
});

test('A repeated call is done twice and answered once; a delayed one takes its time', async () => {
  faults.add({ service: 'dynamodb', operation: 'GetItem', mode: 'repeat' });
  await get();
  expect(dynamodb.calls).toHaveLength(2);
  faults.add({ service: 's3', operation: 'PutObject', mode: 'repeat' });
  await new S3Client(settings()).send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
  expect(s3.calls.map(({ body }) => body.toString())).toEqual(['x', 'x']);
  faults.add({ service: 'dynamodb', operation: 'GetItem', mode: 'delay', ms: 80 });
  const began = performance.now();
  await get();
  expect(performance.now() - began).toBeGreaterThanOrEqual(80);
});

test.for([
  [{ service: 's3', operation: 'PutObject', mode: 'explode' }, 'mode'],
  [{ service: 's3', mode: 'refuse' }, 'operation'],
  [{ service: 's3', operation: 'PutObject', mode: 'refuse', call: 0 }, 'call'],
  [{ service: 's3', operation: 'PutObject', mode: 'delay' }, 'ms'],
  [{ service: 's3', operation: 'PutObject', mode: 'refuse', often: true }, 'often'],
] as const)('A fault that is not one is refused and its field %s is named', ([fault, field]) => {
  expect(() => faults.add(fault)).toThrow(field);
});
