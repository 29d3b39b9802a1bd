import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Where everything in the local cloud stands. */
export const place = { account: '123456789012', region: 'eu-west-1', partition: 'aws' } as const;

const text = z.string();
const numeric = z.coerce.number();
const flag = z.union([z.boolean(), z.stringbool()]);
const policy = z.record(text, z.unknown());
const only = z.literal;

/** One schema under several names. */
const each = <Schema extends z.ZodType, Name extends string>(schema: Schema, ...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<Name, Schema>;
const texts = <Name extends string>(...names: readonly Name[]) => each(text, ...names);

/** An object of these properties alone: those that it must have, then those that it may. */
const object = <Must extends z.ZodRawShape, May extends z.ZodRawShape = Record<never, never>>(must: Must, may?: May) =>
  z.strictObject(must).extend(z.strictObject(may ?? ({} as May)).partial().shape);

const keySchema = z.array(object({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));
const attribute = object({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) });
const projection = object({ ProjectionType: text }, { NonKeyAttributes: z.array(text) });
const index = object({ IndexName: text, KeySchema: keySchema, Projection: projection });
const lifecycleRule = object(
  { Status: only('Enabled') },
  {
    Prefix: text,
    ExpirationInDays: numeric,
    AbortIncompleteMultipartUpload: object({ DaysAfterInitiation: numeric }),
  },
);
const encryption = object(
  { ServerSideEncryptionByDefault: object({ SSEAlgorithm: text }, { KMSMasterKeyID: text }) },
  { BucketKeyEnabled: flag },
);
const retention = object({ Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']) }, { Days: numeric });
const logGrant = text.endsWith(':policy/service-role/AWSLambdaBasicExecutionRole', {
  error: 'of the managed policies only AWSLambdaBasicExecutionRole is modelled: it grants the function its log',
});

/**
 * Every resource type that is modelled, with the properties that count here: first those that it must have, then those that it may.
 * Any other must stand in `irrelevant`, or the template is refused by its name.
 */
export const models = {
  'AWS::ApiGatewayV2::Api': object({ ProtocolType: only('HTTP') }, { Name: text }),
  'AWS::ApiGatewayV2::Integration': object({
    ...texts('ApiId', 'IntegrationUri'),
    IntegrationType: only('AWS_PROXY'),
    PayloadFormatVersion: only('2.0'),
  }),
  'AWS::ApiGatewayV2::Route': object(texts('ApiId', 'RouteKey', 'Target'), { AuthorizationType: only('NONE') }),
  'AWS::ApiGatewayV2::Stage': object(
    { ApiId: text, StageName: only('$default'), AutoDeploy: only(true) },
    {
      AccessLogSettings: object(texts('DestinationArn', 'Format')),
      DefaultRouteSettings: object({}, each(numeric, 'ThrottlingBurstLimit', 'ThrottlingRateLimit')),
    },
  ),
  'AWS::CloudWatch::Alarm': object({}),
  'AWS::DynamoDB::Table': object(
    { KeySchema: keySchema, AttributeDefinitions: z.array(attribute) },
    {
      TableName: text,
      GlobalSecondaryIndexes: z.array(index),
      TimeToLiveSpecification: object({ Enabled: flag }, { AttributeName: text }),
      BillingMode: only('PAY_PER_REQUEST'),
    },
  ),
  'AWS::IAM::Policy': object({ PolicyName: text, PolicyDocument: policy, Roles: z.array(text) }),
  'AWS::IAM::Role': object(
    { AssumeRolePolicyDocument: policy },
    { RoleName: text, ManagedPolicyArns: z.array(logGrant) },
  ),
  'AWS::KMS::Key': object({}, { ...texts('Description', 'KeySpec', 'KeyUsage'), Enabled: only(true) }),
  'AWS::Lambda::EventInvokeConfig': object(texts('FunctionName', 'Qualifier'), {
    ...each(numeric, 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds'),
    DestinationConfig: object({ OnFailure: object({ Destination: text }) }),
  }),
  'AWS::Lambda::Function': object(
    {
      ...texts('Handler', 'Role'),
      Code: object(texts('S3Bucket', 'S3Key')),
      Runtime: text.regex(/^nodejs\d+\.x$/),
      Timeout: numeric.default(3),
      MemorySize: numeric.default(128),
    },
    {
      FunctionName: text,
      Environment: object({}, { Variables: z.record(text, text) }),
      ReservedConcurrentExecutions: numeric,
      LoggingConfig: object({}, { LogGroup: text }),
    },
  ),
  'AWS::Lambda::Permission': object(
    { ...texts('FunctionName', 'Principal'), Action: only('lambda:InvokeFunction') },
    texts('SourceArn'),
  ),
  'AWS::Logs::LogGroup': object({}, { LogGroupName: text }),
  'AWS::S3::Bucket': object(
    {},
    {
      BucketName: text,
      BucketEncryption: object({ ServerSideEncryptionConfiguration: z.array(encryption).length(1) }),
      LifecycleConfiguration: object({ Rules: z.array(lifecycleRule) }),
      ObjectLockEnabled: flag,
      ObjectLockConfiguration: object(
        { ObjectLockEnabled: only('Enabled') },
        { Rule: object({ DefaultRetention: retention }) },
      ),
    },
  ),
  'AWS::S3::BucketPolicy': object({ Bucket: text, PolicyDocument: policy }),
  'AWS::SES::ConfigurationSet': object({}, { Name: text }),
  'AWS::SES::ConfigurationSetEventDestination': object({
    ConfigurationSetName: text,
    EventDestination: object(
      { MatchingEventTypes: z.array(text), SnsDestination: object({ TopicARN: text }) },
      { Name: text, Enabled: only(true) },
    ),
  }),
  'AWS::SES::EmailIdentity': object(
    { EmailIdentity: text },
    { ConfigurationSetAttributes: object({}, { ConfigurationSetName: text }) },
  ),
  'AWS::SNS::Subscription': object(
    { ...texts('TopicArn', 'Endpoint'), Protocol: z.enum(['lambda', 'email']) },
    { RedrivePolicy: object({ deadLetterTargetArn: text }) },
  ),
  'AWS::SNS::Topic': object({}, { TopicName: text }),
  'AWS::SNS::TopicPolicy': object({}),
  'AWS::SQS::Queue': object({}, { QueueName: text }),
  'AWS::SQS::QueuePolicy': object({}),
  'AWS::Scheduler::Schedule': object(
    {
      ScheduleExpression: text,
      FlexibleTimeWindow: object({ Mode: only('OFF') }),
      Target: object(texts('Arn', 'RoleArn', 'Input'), {
        DeadLetterConfig: object({ Arn: text }),
        RetryPolicy: object({}, each(numeric, 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts')),
      }),
    },
    { Name: text, ScheduleExpressionTimezone: z.enum(['UTC', 'Etc/UTC']), State: only('ENABLED') },
  ),
  'AWS::SecretsManager::Secret': object({}, texts('Name', 'Description', 'KmsKeyId', 'SecretString')),
  'AWS::StepFunctions::StateMachine': object(
    { RoleArn: text, DefinitionString: text },
    { StateMachineName: text, DefinitionSubstitutions: z.record(text, text) },
  ),
  'AWS::StepFunctions::StateMachineVersion': object({ StateMachineArn: text }),
} as const satisfies Readonly<Record<string, z.ZodObject>>;

export type ModelledType = keyof typeof models;
export type Properties<Type extends ModelledType> = z.infer<(typeof models)[Type]>;

/** The ARN of something in this account and region. */
export const arn = (service: string, resource: string): string =>
  `arn:${place.partition}:${service}:${place.region}:${place.account}:${resource}`;

/** A UUID that follows from a name, so that the same template always gives the same key. */
export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** What attributes are made of besides the physical name: other properties, the site's address, the ARN of a secret. */
interface About {
  property(key: string): string;
  readonly site: string;
  secretArn(name: string): string;
}

type Attributes = (name: string, about: About) => Readonly<Record<string, string>>;

/** What Fn::GetAtt answers, and Ref where it is not the name. */
export const attributes: Readonly<Partial<Record<ModelledType, Attributes>>> = {
  'AWS::ApiGatewayV2::Api': (name, { site }) => ({ Ref: uuidOf(name).slice(0, 8), ApiEndpoint: site }),
  'AWS::CloudWatch::Alarm': (name) => ({ Arn: arn('cloudwatch', `alarm:${name}`) }),
  'AWS::DynamoDB::Table': (name) => ({ Arn: arn('dynamodb', `table/${name}`) }),
  'AWS::IAM::Role': (name) => ({ Arn: `arn:aws:iam::${place.account}:role/${name}` }),
  'AWS::KMS::Key': (name) => ({ Ref: uuidOf(name), KeyId: uuidOf(name), Arn: arn('kms', `key/${uuidOf(name)}`) }),
  'AWS::Lambda::Function': (name) => ({ Arn: arn('lambda', `function:${name}`) }),
  'AWS::Logs::LogGroup': (name) => ({ Arn: arn('logs', `log-group:${name}:*`) }),
  'AWS::S3::Bucket': (name) => ({ Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` }),
  'AWS::SNS::Topic': (name) => ({ Ref: arn('sns', name), TopicArn: arn('sns', name), TopicName: name }),
  'AWS::SQS::Queue': (name) => ({
    Ref: `https://sqs.${place.region}.amazonaws.com/${place.account}/${name}`,
    Arn: arn('sqs', name),
    QueueName: name,
  }),
  'AWS::Scheduler::Schedule': (name) => ({ Arn: arn('scheduler', `schedule/default/${name}`) }),
  'AWS::SecretsManager::Secret': (name, { secretArn }) => ({ Ref: secretArn(name), Id: secretArn(name) }),
  'AWS::StepFunctions::StateMachine': (name) => ({
    Ref: arn('states', `stateMachine:${name}`),
    Arn: arn('states', `stateMachine:${name}`),
    Name: name,
    StateMachineRevisionId: uuidOf(name),
  }),
  'AWS::StepFunctions::StateMachineVersion': (_, { property }) => ({ Ref: `${property('StateMachineArn')}:1` }),
};

/** What a template may say that changes nothing on a laptop: the reason, then types with their properties. `*` is every property. */
export const irrelevant: Readonly<Record<string, readonly string[]>> = {
  'nobody reads it locally': ['AWS::ApiGatewayV2::Api Description'],
  'nothing is measured locally; the template tests assert it': [
    'AWS::CloudWatch::Alarm *',
    'AWS::SES::ConfigurationSet ReputationOptions',
    'AWS::StepFunctions::StateMachine TracingConfiguration',
  ],
  'nothing is encrypted at rest on a laptop; the template tests assert the key': [
    'AWS::DynamoDB::Table SSESpecification',
    'AWS::Logs::LogGroup KmsKeyId',
    'AWS::SNS::Topic KmsMasterKeyId',
    'AWS::SQS::Queue KmsMasterKeyId',
    'AWS::StepFunctions::StateMachine EncryptionConfiguration',
  ],
  'an AWS service would check it, and no AWS service delivers here': [
    'AWS::S3::Bucket LoggingConfiguration',
    'AWS::SNS::TopicPolicy *',
    'AWS::SQS::QueuePolicy *',
  ],
  'it hands the decision to the callers’ policies, and those are evaluated; the rest names AWS services': [
    'AWS::KMS::Key KeyPolicy',
  ],
  'no mail leaves this machine': ['AWS::SES::ConfigurationSet DeliveryOptions SuppressionOptions'],
  'what is here stays until npm run reset': [
    'AWS::DynamoDB::Table DeletionProtectionEnabled PointInTimeRecoverySpecification',
    'AWS::KMS::Key EnableKeyRotation PendingWindowInDays',
    'AWS::Logs::LogGroup RetentionInDays',
    'AWS::SQS::Queue MessageRetentionPeriod',
  ],
  'the history of every execution is kept and shown': ['AWS::StepFunctions::StateMachine LoggingConfiguration'],
  'one version exists locally': ['AWS::StepFunctions::StateMachineVersion StateMachineRevisionId'],
  'there is one account, and no object is public': ['AWS::S3::Bucket OwnershipControls PublicAccessBlockConfiguration'],
  'functions run on the architecture of this machine': ['AWS::Lambda::Function Architectures'],
};

/** Whether a property of this type changes nothing here. Tags never do. */
export function isIrrelevant(type: string, property: string): boolean {
  const rows = Object.values(irrelevant).flat();
  const accepted = rows.map((row) => row.split(' ')).flatMap(([of, ...names]) => (of === type ? names : []));
  return property === 'Tags' || accepted.includes('*') || accepted.includes(property);
}
