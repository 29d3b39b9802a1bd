import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploymentOf } from '../../local/deployment.ts';
import { readAssembly } from '../../local/template.ts';
import { fixtureApp } from './fixture/app.ts';

const site = 'http://127.0.0.1:3000';
let cdkOut: string;
beforeAll(() => {
  cdkOut = mkdtempSync(join(tmpdir(), 'template-'));
  fixtureApp(cdkOut).synth();
});
afterAll(() => rmSync(cdkOut, { recursive: true, force: true }));

/** A cdk.out folder with one stack of the given template. */
function folder(template: object): string {
  const dir = mkdtempSync(join(tmpdir(), 'template-one-'));
  const stack = { type: 'aws:cloudformation:stack', properties: { templateFile: 'One.template.json' } };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify({ artifacts: { One: stack } }));
  writeFileSync(join(dir, 'One.template.json'), JSON.stringify(template));
  return dir;
}

/** The outputs of a template that has nothing else, under the names they are given. */
function outputs(values: Readonly<Record<string, unknown>>, more: object = {}): Readonly<Record<string, string>> {
  const Outputs = Object.fromEntries(Object.entries(values).map(([name, Value]) => [name, { Value }]));
  return readAssembly(folder({ ...more, Outputs }), site).outputs.One ?? {};
}

function refusal(resources: object): string {
  try {
    readAssembly(folder({ Resources: resources }), site);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

test('A function comes with its code, role, environment, limits and what becomes of its events', () => {
  const { functions } = deploymentOf(readAssembly(cdkOut, site));
  expect(functions).toHaveLength(1);
  expect(functions[0]).toMatchObject({
    handler: 'index.handler',
    memoryMb: 128,
    timeoutSeconds: 2,
    reservedConcurrency: 3,
    environment: { TABLE: expect.stringMatching(/^Data-Notes/), BUCKET: expect.stringMatching(/^data-files/) },
    async: { onFailureArn: expect.stringMatching(/:Service-Undelivered\w+$/) },
  });
  expect(readFileSync(join(functions[0]?.codeDir ?? '', 'index.mjs'), 'utf8')).toContain('handler');
});

test('Tables, buckets, schedules and machines of all stacks are found, across references between them', () => {
  const deployment = deploymentOf(readAssembly(cdkOut, site));
  expect(deployment.tables).toMatchObject([
    { ttlAttribute: 'expires', KeySchema: [{ AttributeName: 'pk' }, { AttributeName: 'sk' }] },
  ]);
  expect(deployment.buckets).toMatchObject([{ lifecycle: [{ ExpirationInDays: 30 }] }]);
  expect(deployment.schedules).toMatchObject([{ expression: 'rate(5 minutes)' }]);
  const [machine] = deployment.machines;
  expect(machine).toMatchObject({ name: 'fixture', definition: { StartAt: 'Echo' } });
  expect(JSON.stringify(machine?.definition)).toContain(deployment.functions[0]?.arn);
});

test('A role holds every policy attached to it, with its resources put in', () => {
  const { roles, functions, tables } = deploymentOf(readAssembly(cdkOut, site));
  const role = roles.find(({ arn }) => arn === functions[0]?.roleArn);
  expect(JSON.stringify(role?.policies)).toContain(`:table/${tables[0]?.TableName}/index/*`);
});

test('The API is the site: its routes call their functions, its endpoint is the site’s address', () => {
  const assembly = readAssembly(cdkOut, site);
  const { api, functions } = deploymentOf(assembly);
  expect(api?.routes).toContainEqual({ key: 'ANY /item/{id}', functionArn: functions[0]?.arn });
  expect(assembly.outputs.Service?.Url).toBe(site);
});

test('The same template always gives the same names', () => {
  const [once, twice] = [readAssembly(cdkOut, site), readAssembly(cdkOut, site)];
  expect(deploymentOf(once)).toEqual(deploymentOf(twice));
});

test('Intrinsic functions are put in', () => {
  const more = {
    Parameters: { Stage: { Type: 'String', Default: 'test' } },
    Conditions: {
      IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
      IsLive: { 'Fn::Not': [{ Condition: 'IsTest' }] },
      IsBoth: { 'Fn::And': [{ Condition: 'IsTest' }, { Condition: 'IsLive' }] },
      IsEither: { 'Fn::Or': [{ Condition: 'IsTest' }, { Condition: 'IsLive' }] },
    },
  };
  const values = {
    region: { Ref: 'AWS::Region' },
    partition: { 'Fn::Join': ['-', [{ Ref: 'AWS::Partition' }, 'x']] },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
    sub: { 'Fn::Sub': ['${Stage}/${own}/${!literal}/${AWS::AccountId}', { own: { 'Fn::Select': ['1', ['a', 'b']] } }] },
    split: { 'Fn::Select': [2, { 'Fn::Split': [':', 'a:b:c'] }] },
    yes: { 'Fn::If': ['IsTest', 'yes', 'no'] },
    no: { 'Fn::If': ['IsLive', 'yes', 'no'] },
    both: { 'Fn::If': ['IsBoth', 'yes', 'no'] },
    either: { 'Fn::If': ['IsEither', 'yes', 'no'] },
  };
  expect(outputs(values, more)).toEqual({
    region: 'eu-west-1',
    partition: 'aws-x',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
    sub: 'test/b/${literal}/123456789012',
    split: 'c',
    yes: 'yes',
    no: 'no',
    both: 'no',
    either: 'yes',
  });
});

test('A resource whose condition does not hold is not there', () => {
  const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
  const Resources = { Queue: { Type: 'AWS::SQS::Queue', Condition: 'Never' } };
  expect(readAssembly(folder({ Conditions, Resources }), site).all('AWS::SQS::Queue')).toEqual([]);
});

test.for([
  [
    'a type',
    { Box: { Type: 'AWS::EC2::Instance' } },
    'AWS::EC2::Instance One/Box: the local cloud does not model this type',
  ],
  [
    'a property',
    { Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } },
    'AWS::SQS::Queue One/Queue: the local cloud does not model FifoQueue',
  ],
  [
    'a nested property',
    {
      Rule: {
        Type: 'AWS::S3::Bucket',
        Properties: { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Transitions: [] }] } },
      },
    },
    'the local cloud does not model LifecycleConfiguration.Rules.0.Transitions',
  ],
  [
    'a key that is switched off',
    { Key: { Type: 'AWS::KMS::Key', Properties: { Enabled: false } } },
    'AWS::KMS::Key One/Key',
  ],
  [
    'an intrinsic',
    { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Cidr': [] } } } },
    'the local cloud does not model Fn::Cidr',
  ],
  [
    'an attribute',
    {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['Other', 'Color'] } } },
      Other: { Type: 'AWS::SQS::Queue' },
    },
    'the local cloud does not model Fn::GetAtt Other.Color',
  ],
  [
    'a dynamic reference',
    { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: '{{resolve:ssm:/x}}' } } },
    'the local cloud does not model the dynamic reference {{resolve:ssm:/x}}',
  ],
  ['a value', { Key: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } } }, 'ProtocolType'],
  [
    'something beside the properties',
    { Queue: { Type: 'AWS::SQS::Queue', UpdatePolicy: {} } },
    'the local cloud does not model UpdatePolicy',
  ],
] as const)('The loader refuses by name %s that it does not model', ([, resources, message]) => {
  expect(refusal(resources)).toContain(message);
});

test('Every refusal of a template is told at once', () => {
  const message = refusal({ A: { Type: 'AWS::EC2::Instance' }, B: { Type: 'AWS::EC2::VPC' } });
  expect(message.split('\n')).toHaveLength(3);
});

test('What is told irrelevant is accepted whatever it holds, on its type alone', () => {
  const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { Threshold: { 'Fn::Cidr': [] } } };
  const queue = { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 60, Tags: [] } };
  expect(refusal({ alarm, queue })).toBe('nothing');
  const topic = { Type: 'AWS::SNS::Topic', Properties: { MessageRetentionPeriod: 60 } };
  expect(refusal({ topic })).toContain('the local cloud does not model MessageRetentionPeriod');
});

test('A name is the one given, or made of stack and id within the shortest limit, two long ones never the same', () => {
  const long = 'Undelivered'.repeat(7);
  const queue = (properties: object) => ({ Type: 'AWS::SQS::Queue', Properties: properties });
  const bucket = { Type: 'AWS::S3::Bucket' };
  const Resources = {
    Given: queue({ QueueName: 'mine' }),
    [`${long}A`]: queue({}),
    [`${long}B`]: queue({}),
    Files: bucket,
  };
  const assembly = readAssembly(folder({ Resources }), site);
  const [given, a, b] = assembly.all('AWS::SQS::Queue').map(({ name }) => name);
  expect(given).toBe('mine');
  expect([a?.length, b?.length, a === b]).toEqual([63, 63, false]);
  expect(assembly.all('AWS::S3::Bucket')[0]?.name).toBe('one-files');
});

test('A reference to nothing and a circle of references are refused by name', () => {
  expect(refusal({ A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nobody' } } } })).toContain('Nobody');
  const circle = (other: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: other } } });
  expect(refusal({ A: circle('B'), B: circle('A') })).toContain('depends on itself');
});
