import type { Table } from './dynamodb.ts';
import type { HttpApiDefinition } from './http-api.ts';
import type { LambdaFunction } from './lambda.ts';
import type { BucketDefinition } from './s3.ts';
import type { ConfigurationSet } from './ses.ts';
import type { Subscription } from './sns.ts';
import type { Machine } from './states.ts';
import type { Assembly, Resource } from './template.ts';

/** A role with every policy document it has. */
export interface RoleDefinition {
  readonly arn: string;
  readonly name: string;
  readonly policies: readonly Readonly<Record<string, unknown>>[];
}

export type Deployment = ReturnType<typeof deploymentOf>;

/**
 * Everything in an assembly that runs, in the shapes that the services take; topics and queues by their ARNs. Throws, naming the resource,
 * on what does not fit together.
 */
export function deploymentOf(assembly: Assembly) {
  return {
    functions: functionsOf(assembly),
    tables: assembly.all('AWS::DynamoDB::Table').map(tableOf),
    buckets: assembly.all('AWS::S3::Bucket').map(bucketOf),
    keys: assembly.all('AWS::KMS::Key').map(({ ref, arn, properties: { KeySpec = 'SYMMETRIC_DEFAULT' } }) => {
      return { id: ref, arn, spec: KeySpec };
    }),
    machines: assembly.all('AWS::StepFunctions::StateMachine').map(machineOf),
    api: apiOf(assembly),
    identities: assembly.all('AWS::SES::EmailIdentity').map(({ name, properties }) => {
      return { name, configurationSet: properties.ConfigurationSetAttributes?.ConfigurationSetName };
    }),
    configurationSets: configurationSetsOf(assembly),
    schedules: assembly.all('AWS::Scheduler::Schedule').map(scheduleOf),
    topics: assembly.all('AWS::SNS::Topic').map(({ ref }) => ref),
    subscriptions: assembly.all('AWS::SNS::Subscription').map(subscriptionOf),
    queues: assembly.all('AWS::SQS::Queue').map(({ arn }) => arn),
    secrets: assembly.all('AWS::SecretsManager::Secret').map(({ name, properties }) => {
      return { name, secretString: properties.SecretString };
    }),
    roles: rolesOf(assembly),
    invokePermissions: assembly.all('AWS::Lambda::Permission').map(({ properties }) => {
      const { FunctionName, Principal, SourceArn } = properties;
      return { functionArn: functionArn(assembly, FunctionName), principal: Principal, sourceArn: SourceArn };
    }),
  };
}

/** The ARN of a function that a property names by its name or ARN, without version or alias. */
function functionArn(assembly: Assembly, named: string): string {
  const plain = named.split(':').slice(0, 7).join(':');
  const fn = assembly.all('AWS::Lambda::Function').find(({ name, arn }) => name === named || arn === plain);
  if (fn === undefined) throw new Error(`${named} is no function of this template`);
  return fn.arn;
}

function functionsOf(assembly: Assembly): LambdaFunction[] {
  const configs = assembly.all('AWS::Lambda::EventInvokeConfig').map(({ properties }) => properties);
  return assembly.all('AWS::Lambda::Function').map(({ name, arn, properties }) => {
    const config = configs.find(({ FunctionName }) => functionArn(assembly, FunctionName) === arn);
    return {
      name,
      arn,
      roleArn: properties.Role,
      handler: properties.Handler,
      runtime: properties.Runtime,
      codeDir: assembly.asset(properties.Code.S3Key),
      environment: properties.Environment?.Variables ?? {},
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      reservedConcurrency: properties.ReservedConcurrentExecutions,
      async: {
        maximumRetryAttempts: config?.MaximumRetryAttempts,
        maximumEventAgeSeconds: config?.MaximumEventAgeInSeconds,
        onFailureArn: config?.DestinationConfig?.OnFailure.Destination,
      },
    };
  });
}

function tableOf({ name, properties }: Resource<'AWS::DynamoDB::Table'>): Table {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, TimeToLiveSpecification } = properties;
  return {
    ...{ TableName: name, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes },
    ttlAttribute: TimeToLiveSpecification?.Enabled ? TimeToLiveSpecification.AttributeName : undefined,
  };
}

function bucketOf({ name, properties }: Resource<'AWS::S3::Bucket'>): BucketDefinition {
  const { Mode, Days } = properties.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
  const [encryption] = properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  return {
    name,
    objectLock: properties.ObjectLockEnabled ? { mode: Mode, days: Days } : undefined,
    lifecycle: properties.LifecycleConfiguration?.Rules ?? [],
    kmsKeyArn: encryption?.ServerSideEncryptionByDefault.KMSMasterKeyID,
  };
}

function machineOf({ name, ref, properties }: Resource<'AWS::StepFunctions::StateMachine'>): Machine {
  const { DefinitionString, DefinitionSubstitutions = {}, RoleArn } = properties;
  const text = DefinitionString.replaceAll(/\$\{([\w.-]+)\}/g, (_, placeholder: string) => {
    const value = DefinitionSubstitutions[placeholder];
    if (value === undefined) throw new Error(`${name}: nothing is given for ${placeholder}`);
    // Within a JSON string, so escaped as one.
    return JSON.stringify(value).slice(1, -1);
  });
  return { arn: ref, name, roleArn: RoleArn, definition: JSON.parse(text) };
}

function apiOf(assembly: Assembly): HttpApiDefinition | undefined {
  const [api, second] = assembly.all('AWS::ApiGatewayV2::Api');
  if (second !== undefined) throw new Error(`${second.logicalId}: the local cloud serves one HTTP API`);
  if (api === undefined) return undefined;
  const [stage] = assembly.all('AWS::ApiGatewayV2::Stage');
  const { ThrottlingRateLimit, ThrottlingBurstLimit } = stage?.properties.DefaultRouteSettings ?? {};
  const integrations = new Map(assembly.all('AWS::ApiGatewayV2::Integration').map((one) => [one.ref, one.properties]));
  const routes = assembly.all('AWS::ApiGatewayV2::Route').map(({ logicalId, properties: { RouteKey, Target } }) => {
    const integration = integrations.get(Target.replace('integrations/', ''));
    if (integration === undefined) throw new Error(`${logicalId}: there is no ${Target}`);
    return { key: RouteKey, functionArn: functionArn(assembly, integration.IntegrationUri) };
  });
  // The account's own limits apply where the stage sets none.
  const throttle = { rate: ThrottlingRateLimit ?? 10_000, burst: ThrottlingBurstLimit ?? 5000 };
  return { id: api.ref, routes, throttle, accessLog: stage?.properties.AccessLogSettings?.Format };
}

function configurationSetsOf(assembly: Assembly): ConfigurationSet[] {
  const destinations = assembly.all('AWS::SES::ConfigurationSetEventDestination').map(({ properties }) => properties);
  return assembly.all('AWS::SES::ConfigurationSet').map(({ name }) => {
    const own = destinations.filter(({ ConfigurationSetName }) => ConfigurationSetName === name);
    return {
      name,
      destinations: own.map(({ EventDestination: { SnsDestination, MatchingEventTypes } }) => {
        return { topicArn: SnsDestination.TopicARN, events: MatchingEventTypes };
      }),
    };
  });
}

function scheduleOf({ name, arn, properties }: Resource<'AWS::Scheduler::Schedule'>) {
  const { ScheduleExpression: expression, Target } = properties;
  const { Arn: functionArn, RoleArn: roleArn, Input: input, RetryPolicy, DeadLetterConfig } = Target;
  return { name, arn, expression, functionArn, roleArn, input, RetryPolicy, deadLetterArn: DeadLetterConfig?.Arn };
}

function subscriptionOf({ properties }: Resource<'AWS::SNS::Subscription'>): Subscription {
  const { TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, RedrivePolicy } = properties;
  return { topicArn, protocol, endpoint, deadLetterArn: RedrivePolicy?.deadLetterTargetArn };
}

const logActions = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
/** What AWSLambdaBasicExecutionRole grants. */
const basicExecution = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: logActions, Resource: '*' }],
};

function rolesOf(assembly: Assembly): RoleDefinition[] {
  const policies = assembly.all('AWS::IAM::Policy').map(({ properties }) => properties);
  return assembly.all('AWS::IAM::Role').map(({ name, arn, properties: { ManagedPolicyArns = [] } }) => {
    const attached = policies.filter(({ Roles }) => Roles.includes(name)).map(({ PolicyDocument }) => PolicyDocument);
    return { arn, name, policies: [...attached, ...ManagedPolicyArns.map(() => basicExecution)] };
  });
}
