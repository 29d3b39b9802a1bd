import { readFileSync } from 'node:fs';
import type { TableDefinition } from './dynamodb-tables.ts';
import type { HttpApiDefinition } from './http-api.ts';
import type { KmsAlias, KmsKey } from './kms.ts';
import type { LambdaFunction } from './lambda.ts';
import type { AsyncConfig } from './lambda-queue.ts';
import type { BucketDefinition } from './s3-objects.ts';
import type { Schedule } from './scheduler.ts';
import type { TemplateSecret } from './secrets-manager.ts';
import type { ConfigurationSet, Identity } from './ses.ts';
import type { Subscription, Topic } from './sns.ts';
import type { Assembly, Resource } from './template.ts';

/** A state machine with its definition parsed and its placeholders put in. */
export interface MachineDefinition {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: unknown;
}

/** A role with every policy document it has. */
export interface RoleDefinition {
  readonly arn: string;
  readonly name: string;
  readonly policies: readonly Readonly<Record<string, unknown>>[];
}

/** Everything in an assembly that runs, in the shapes that the services take. Throws, naming the resource, on what does not fit together. */
export interface Deployment {
  readonly functions: readonly LambdaFunction[];
  readonly tables: readonly TableDefinition[];
  readonly buckets: readonly BucketDefinition[];
  readonly keys: readonly KmsKey[];
  readonly aliases: readonly KmsAlias[];
  readonly machines: readonly MachineDefinition[];
  readonly api: HttpApiDefinition | undefined;
  readonly identities: readonly Identity[];
  readonly configurationSets: readonly ConfigurationSet[];
  readonly schedules: readonly (Schedule & { readonly roleArn: string })[];
  readonly topics: readonly Topic[];
  readonly subscriptions: readonly Subscription[];
  /** ARNs. */
  readonly queues: readonly string[];
  readonly secrets: readonly TemplateSecret[];
  readonly roles: readonly RoleDefinition[];
  readonly invokePermissions: readonly InvokePermission[];
}

/** That an AWS service may invoke a function, perhaps from one source only. `*` and `?` in the source are wildcards. */
export interface InvokePermission {
  readonly functionArn: string;
  readonly principal: string;
  readonly sourceArn?: string;
}

/** What the local cloud runs of an assembly. */
export function deploymentOf(assembly: Assembly): Deployment {
  return {
    functions: functionsOf(assembly),
    tables: tablesOf(assembly),
    buckets: assembly.all('AWS::S3::Bucket').map(bucketOf),
    keys: assembly.all('AWS::KMS::Key').map(({ ref, arn, properties: { KeySpec, Enabled, Description } }) => {
      return { id: ref, arn, spec: KeySpec ?? 'SYMMETRIC_DEFAULT', enabled: Enabled, description: Description };
    }),
    aliases: assembly.all('AWS::KMS::Alias').map(({ name, properties }) => ({ name, keyId: properties.TargetKeyId })),
    machines: assembly.all('AWS::StepFunctions::StateMachine').map((machine) => machineOf(assembly, machine)),
    api: apiOf(assembly),
    identities: assembly.all('AWS::SES::EmailIdentity').map(({ name, properties }) => ({
      name,
      configurationSet: properties.ConfigurationSetAttributes?.ConfigurationSetName,
    })),
    configurationSets: configurationSetsOf(assembly),
    schedules: assembly.all('AWS::Scheduler::Schedule').map(scheduleOf),
    topics: assembly
      .all('AWS::SNS::Topic')
      .map(({ arn, properties }) => ({ arn, displayName: properties.DisplayName })),
    subscriptions: subscriptionsOf(assembly),
    queues: assembly.all('AWS::SQS::Queue').map(({ arn }) => arn),
    secrets: assembly.all('AWS::SecretsManager::Secret').map(({ name, properties }) => ({
      name,
      description: properties.Description,
      kmsKeyId: properties.KmsKeyId,
      secretString: properties.SecretString,
      generate: properties.GenerateSecretString,
    })),
    roles: rolesOf(assembly),
    invokePermissions: assembly.all('AWS::Lambda::Permission').map(({ properties }) => ({
      functionArn: functionArn(assembly, properties.FunctionName),
      principal: properties.Principal,
      sourceArn: properties.SourceArn,
    })),
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
  const configs = assembly.all('AWS::Lambda::EventInvokeConfig');
  return assembly.all('AWS::Lambda::Function').map(({ name, arn, properties }) => {
    const config = configs.find(({ properties: { FunctionName } }) => functionArn(assembly, FunctionName) === arn);
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
      async: { ...asyncOf(config), deadLetterArn: properties.DeadLetterConfig?.TargetArn },
    };
  });
}

function asyncOf(config: Resource<'AWS::Lambda::EventInvokeConfig'> | undefined): AsyncConfig {
  if (config === undefined) return {};
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = config.properties;
  return {
    maximumRetryAttempts: MaximumRetryAttempts,
    maximumEventAgeSeconds: MaximumEventAgeInSeconds,
    onFailureArn: DestinationConfig?.OnFailure?.Destination,
    onSuccessArn: DestinationConfig?.OnSuccess?.Destination,
  };
}

function tablesOf(assembly: Assembly): TableDefinition[] {
  const global = assembly.all('AWS::DynamoDB::GlobalTable').map(({ name, properties }) => ({
    ...tableOf(name, properties),
    deletionProtection: properties.Replicas[0]?.DeletionProtectionEnabled,
  }));
  const single = assembly.all('AWS::DynamoDB::Table').map(({ name, properties }) => ({
    ...tableOf(name, properties),
    deletionProtection: properties.DeletionProtectionEnabled,
  }));
  return [...global, ...single];
}

type TableProperties = Resource<'AWS::DynamoDB::GlobalTable' | 'AWS::DynamoDB::Table'>['properties'];

function tableOf(name: string, properties: TableProperties): TableDefinition {
  const { AttributeName, Enabled = false } = properties.TimeToLiveSpecification ?? {};
  return {
    name,
    keySchema: properties.KeySchema,
    attributeDefinitions: properties.AttributeDefinitions,
    globalSecondaryIndexes: properties.GlobalSecondaryIndexes ?? [],
    ttlAttribute: Enabled ? AttributeName : undefined,
  };
}

function bucketOf({ name, properties }: Resource<'AWS::S3::Bucket'>): BucketDefinition {
  const { Mode, Days, Years } = properties.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
  const [encryption] = properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  return {
    name,
    versioned: properties.VersioningConfiguration?.Status === 'Enabled',
    objectLock: properties.ObjectLockEnabled ? { mode: Mode, days: Days ?? (Years && Years * 365) } : undefined,
    lifecycle: properties.LifecycleConfiguration?.Rules ?? [],
    kmsKeyArn: encryption?.ServerSideEncryptionByDefault.KMSMasterKeyID,
  };
}

function machineOf(assembly: Assembly, machine: Resource<'AWS::StepFunctions::StateMachine'>): MachineDefinition {
  const { DefinitionString, DefinitionS3Location, DefinitionSubstitutions = {}, RoleArn } = machine.properties;
  const written =
    DefinitionString ??
    (DefinitionS3Location === undefined ? '' : readFileSync(assembly.asset(DefinitionS3Location.Key), 'utf8'));
  const text = written.replaceAll(/\$\{([\w.-]+)\}/g, (_, name: string) => {
    if (!Object.hasOwn(DefinitionSubstitutions, name)) throw new Error(`${machine.name}: nothing is given for ${name}`);
    // Within a JSON string, so escaped as one.
    return JSON.stringify(String(DefinitionSubstitutions[name])).slice(1, -1);
  });
  return { arn: machine.arn, name: machine.name, roleArn: RoleArn, definition: JSON.parse(text) };
}

function apiOf(assembly: Assembly): HttpApiDefinition | undefined {
  const [api, second] = assembly.all('AWS::ApiGatewayV2::Api');
  if (second !== undefined) throw new Error(`${second.logicalId}: the local cloud serves one HTTP API`);
  if (api === undefined) return undefined;
  const [stage] = assembly.all('AWS::ApiGatewayV2::Stage');
  const settings = stage?.properties.DefaultRouteSettings;
  const integrations = new Map(assembly.all('AWS::ApiGatewayV2::Integration').map((one) => [one.ref, one.properties]));
  const routes = assembly.all('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
    const integration = integrations.get(properties.Target.replace('integrations/', ''));
    if (integration === undefined) throw new Error(`${logicalId}: there is no ${properties.Target}`);
    const { IntegrationUri, TimeoutInMillis } = integration;
    return {
      key: properties.RouteKey,
      functionArn: functionArn(assembly, IntegrationUri),
      timeoutMs: TimeoutInMillis,
    };
  });
  return {
    id: api.ref,
    routes,
    throttle: {
      // The account's own limits apply where the stage sets none.
      rate: settings?.ThrottlingRateLimit ?? 10_000,
      burst: settings?.ThrottlingBurstLimit ?? 5000,
    },
    accessLog: stage?.properties.AccessLogSettings?.Format,
  };
}

function configurationSetsOf(assembly: Assembly): ConfigurationSet[] {
  const destinations = assembly.all('AWS::SES::ConfigurationSetEventDestination').map(({ properties }) => properties);
  return assembly.all('AWS::SES::ConfigurationSet').map(({ name, properties }) => ({
    name,
    sendingEnabled: properties.SendingOptions?.SendingEnabled,
    destinations: destinations
      .filter(({ ConfigurationSetName, EventDestination }) => {
        return ConfigurationSetName === name && EventDestination.Enabled !== false;
      })
      .map(({ EventDestination: { SnsDestination, MatchingEventTypes } }) => {
        return { topicArn: SnsDestination.TopicARN, events: MatchingEventTypes };
      }),
  }));
}

function scheduleOf({ name, arn, properties }: Resource<'AWS::Scheduler::Schedule'>): Deployment['schedules'][number] {
  const { Target, ScheduleExpression, ScheduleExpressionTimezone, State } = properties;
  return {
    name,
    arn,
    expression: ScheduleExpression,
    timezone: ScheduleExpressionTimezone,
    state: State,
    functionArn: Target.Arn,
    roleArn: Target.RoleArn,
    input: Target.Input,
    retryPolicy: {
      maximumRetryAttempts: Target.RetryPolicy?.MaximumRetryAttempts,
      maximumEventAgeInSeconds: Target.RetryPolicy?.MaximumEventAgeInSeconds,
    },
    deadLetterArn: Target.DeadLetterConfig?.Arn,
  };
}

function subscriptionsOf(assembly: Assembly): Subscription[] {
  const inline = assembly.all('AWS::SNS::Topic').flatMap(({ ref, properties }) =>
    (properties.Subscription ?? []).map(({ Protocol, Endpoint }) => {
      return { topicArn: ref, protocol: Protocol, endpoint: Endpoint };
    }),
  );
  const own = assembly.all('AWS::SNS::Subscription').map(({ properties }) => ({
    topicArn: properties.TopicArn,
    protocol: properties.Protocol,
    endpoint: properties.Endpoint,
    rawMessageDelivery: properties.RawMessageDelivery,
    deadLetterArn: properties.RedrivePolicy?.deadLetterTargetArn,
  }));
  return [...inline, ...own];
}

/** What AWSLambdaBasicExecutionRole grants. */
const basicExecution = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  ],
};

function rolesOf(assembly: Assembly): RoleDefinition[] {
  const attached = assembly.all('AWS::IAM::Policy').map(({ properties }) => properties);
  return assembly.all('AWS::IAM::Role').map(({ name, arn, properties }) => ({
    arn,
    name,
    policies: [
      ...(properties.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument),
      ...attached.filter(({ Roles }) => Roles.includes(name)).map(({ PolicyDocument }) => PolicyDocument),
      ...((properties.ManagedPolicyArns ?? []).length > 0 ? [basicExecution] : []),
    ],
  }));
}
