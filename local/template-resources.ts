import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Where everything in the local cloud stands. */
export const place = { account: '123456789012', region: 'eu-west-1', partition: 'aws' } as const;

/** A resource type that the local cloud models: what it reads of it, and what Ref and Fn::GetAtt answer for it. */
export interface Model {
  /** The properties that count here. Anything else must stand in `irrelevant`, or the template is refused by name. */
  readonly schema: z.ZodObject;
  /** The property that names the resource physically. */
  readonly nameProperty?: string;
  /** Longest physical name that is generated. */
  readonly longest?: number;
  readonly lowerCase?: true;
  /** Attributes for Fn::GetAtt; `Ref` is what Ref answers, the name when absent. */
  readonly attributes?: (name: string, property: (key: string) => string) => Readonly<Record<string, string>>;
}

const arn = (service: string, resource: string): string =>
  `arn:${place.partition}:${service}:${place.region}:${place.account}:${resource}`;

/** A UUID that follows from a name, so that the same template always gives the same key. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

const text = z.string();
const numeric = z.coerce.number();
const flag = z.union([z.boolean(), z.stringbool()]);
const policy = z.record(text, z.unknown());
const keySchema = z.array(z.strictObject({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.strictObject({
  IndexName: text,
  KeySchema: keySchema,
  Projection: z.strictObject({ ProjectionType: text, NonKeyAttributes: z.array(text).optional() }),
});
const recovery = z.strictObject({
  PointInTimeRecoveryEnabled: flag.optional(),
  RecoveryPeriodInDays: numeric.optional(),
});
const destination = z.strictObject({ Destination: text }).optional();
const tableParts = {
  TableName: text.optional(),
  KeySchema: keySchema,
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) })),
  GlobalSecondaryIndexes: z.array(index).optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: text.optional(), Enabled: flag }).optional(),
};
const table = {
  nameProperty: 'TableName',
  attributes: (name: string) => ({ Arn: arn('dynamodb', `table/${name}`) }),
};
const part = { schema: z.strictObject({}) };

/** Every resource type that is modelled. */
export const models = {
  'AWS::ApiGatewayV2::Api': {
    schema: z.strictObject({ Name: text.optional(), ProtocolType: z.literal('HTTP') }),
    longest: 64,
    // The endpoint is filled in by the loader: it is where the site is served.
    attributes: (name) => ({ Ref: uuidOf(name).slice(0, 8), ApiId: uuidOf(name).slice(0, 8) }),
  },
  'AWS::ApiGatewayV2::Integration': {
    schema: z.strictObject({
      ApiId: text,
      IntegrationType: z.literal('AWS_PROXY'),
      IntegrationUri: text,
      PayloadFormatVersion: z.literal('2.0'),
      TimeoutInMillis: numeric.optional(),
    }),
  },
  'AWS::ApiGatewayV2::Route': {
    schema: z.strictObject({
      ApiId: text,
      AuthorizationType: z.literal('NONE').optional(),
      RouteKey: text,
      Target: text,
    }),
  },
  'AWS::ApiGatewayV2::Stage': {
    schema: z.strictObject({
      ApiId: text,
      StageName: z.literal('$default'),
      AutoDeploy: z.literal(true),
      AccessLogSettings: z.strictObject({ DestinationArn: text, Format: text }).optional(),
      DefaultRouteSettings: z
        .strictObject({
          ThrottlingBurstLimit: numeric.optional(),
          ThrottlingRateLimit: numeric.optional(),
          DetailedMetricsEnabled: flag.optional(),
        })
        .optional(),
    }),
    nameProperty: 'StageName',
  },
  'AWS::DynamoDB::GlobalTable': {
    ...table,
    schema: z.strictObject({
      ...tableParts,
      BillingMode: z.literal('PAY_PER_REQUEST').optional(),
      // One replica is the table itself.
      Replicas: z
        .array(
          z.strictObject({
            Region: z.literal(place.region),
            DeletionProtectionEnabled: flag.optional(),
            PointInTimeRecoverySpecification: recovery.optional(),
            GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: text })).optional(),
            SSESpecification: z.strictObject({ KMSMasterKeyId: text }).optional(),
          }),
        )
        .length(1),
    }),
  },
  'AWS::DynamoDB::Table': {
    ...table,
    schema: z.strictObject({
      ...tableParts,
      BillingMode: z.literal('PAY_PER_REQUEST').optional(),
      DeletionProtectionEnabled: flag.optional(),
      PointInTimeRecoverySpecification: recovery.optional(),
    }),
  },
  'AWS::IAM::Policy': {
    schema: z.strictObject({ PolicyName: text, PolicyDocument: policy, Roles: z.array(text) }),
    nameProperty: 'PolicyName',
  },
  'AWS::IAM::Role': {
    schema: z.strictObject({
      RoleName: text.optional(),
      AssumeRolePolicyDocument: policy,
      Policies: z.array(z.strictObject({ PolicyName: text, PolicyDocument: policy })).optional(),
      ManagedPolicyArns: z
        .array(
          text.refine((name) => name.endsWith(':policy/service-role/AWSLambdaBasicExecutionRole'), {
            error:
              'of the managed policies only AWSLambdaBasicExecutionRole is modelled: it grants the function its log',
          }),
        )
        .optional(),
    }),
    nameProperty: 'RoleName',
    longest: 64,
    attributes: (name) => ({ Arn: `arn:aws:iam::${place.account}:role/${name}` }),
  },
  'AWS::KMS::Alias': { schema: z.strictObject({ AliasName: text, TargetKeyId: text }), nameProperty: 'AliasName' },
  'AWS::KMS::Key': {
    schema: z.strictObject({
      Description: text.optional(),
      Enabled: flag.optional(),
      KeySpec: text.optional(),
      KeyUsage: text.optional(),
    }),
    attributes: (name) => ({ Ref: uuidOf(name), KeyId: uuidOf(name), Arn: arn('kms', `key/${uuidOf(name)}`) }),
  },
  'AWS::Lambda::Alias': {
    schema: z.strictObject({ FunctionName: text, FunctionVersion: text, Name: text }),
    attributes: (_, property) => {
      const alias = `${functionArn(property('FunctionName'))}:${property('Name')}`;
      return { Ref: alias, AliasArn: alias };
    },
  },
  'AWS::Lambda::EventInvokeConfig': {
    schema: z.strictObject({
      FunctionName: text,
      Qualifier: text,
      MaximumRetryAttempts: numeric.optional(),
      MaximumEventAgeInSeconds: numeric.optional(),
      DestinationConfig: z.strictObject({ OnFailure: destination, OnSuccess: destination }).optional(),
    }),
  },
  'AWS::Lambda::Function': {
    schema: z.strictObject({
      FunctionName: text.optional(),
      Code: z.strictObject({ S3Bucket: text, S3Key: text }),
      Handler: text,
      Runtime: text.regex(/^nodejs\d+\.x$/),
      Role: text,
      PackageType: z.literal('Zip').optional(),
      Environment: z.strictObject({ Variables: z.record(text, text).optional() }).optional(),
      Timeout: numeric.default(3),
      MemorySize: numeric.default(128),
      ReservedConcurrentExecutions: numeric.optional(),
      DeadLetterConfig: z.strictObject({ TargetArn: text }).optional(),
      LoggingConfig: z.strictObject({ LogGroup: text.optional(), LogFormat: z.literal('Text').optional() }).optional(),
    }),
    nameProperty: 'FunctionName',
    longest: 64,
    attributes: (name) => ({ Arn: functionArn(name) }),
  },
  'AWS::Lambda::Permission': {
    schema: z.strictObject({
      Action: z.literal('lambda:InvokeFunction'),
      FunctionName: text,
      Principal: text,
      SourceArn: text.optional(),
      SourceAccount: text.optional(),
    }),
  },
  'AWS::Lambda::Version': {
    schema: z.strictObject({ FunctionName: text }),
    attributes: (_, property) => {
      const version = `${functionArn(property('FunctionName'))}:1`;
      return { Ref: version, FunctionArn: version, Version: '1' };
    },
  },
  'AWS::Logs::LogGroup': {
    schema: z.strictObject({ LogGroupName: text.optional() }),
    nameProperty: 'LogGroupName',
    attributes: (name) => ({ Arn: arn('logs', `log-group:${name}:*`) }),
  },
  'AWS::S3::Bucket': {
    schema: z.strictObject({
      BucketName: text.optional(),
      BucketEncryption: z
        .strictObject({
          ServerSideEncryptionConfiguration: z
            .array(
              z.strictObject({
                BucketKeyEnabled: flag.optional(),
                ServerSideEncryptionByDefault: z.strictObject({
                  SSEAlgorithm: text,
                  KMSMasterKeyID: text.optional(),
                }),
              }),
            )
            .length(1),
        })
        .optional(),
      LifecycleConfiguration: z
        .strictObject({
          Rules: z.array(
            z.strictObject({
              Id: text.optional(),
              Status: z.enum(['Enabled', 'Disabled']),
              Prefix: text.optional(),
              ExpirationInDays: numeric.optional(),
              ExpiredObjectDeleteMarker: flag.optional(),
              NoncurrentVersionExpiration: z.strictObject({ NoncurrentDays: numeric }).optional(),
              AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: numeric }).optional(),
            }),
          ),
        })
        .optional(),
      ObjectLockEnabled: flag.optional(),
      ObjectLockConfiguration: z
        .strictObject({
          ObjectLockEnabled: z.literal('Enabled').optional(),
          Rule: z
            .strictObject({
              DefaultRetention: z.strictObject({
                Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']),
                Days: numeric.optional(),
                Years: numeric.optional(),
              }),
            })
            .optional(),
        })
        .optional(),
      VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
    }),
    nameProperty: 'BucketName',
    longest: 63,
    lowerCase: true,
    attributes: (name) => ({
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${place.region}.amazonaws.com`,
    }),
  },
  'AWS::S3::BucketPolicy': { schema: z.strictObject({ Bucket: text, PolicyDocument: policy }) },
  'AWS::SES::ConfigurationSet': {
    schema: z.strictObject({
      Name: text.optional(),
      SendingOptions: z.strictObject({ SendingEnabled: flag }).optional(),
    }),
    nameProperty: 'Name',
    longest: 64,
  },
  'AWS::SES::ConfigurationSetEventDestination': {
    schema: z.strictObject({
      ConfigurationSetName: text,
      EventDestination: z.strictObject({
        Name: text.optional(),
        Enabled: flag.optional(),
        MatchingEventTypes: z.array(text),
        SnsDestination: z.strictObject({ TopicARN: text }),
      }),
    }),
  },
  'AWS::SES::EmailIdentity': {
    schema: z.strictObject({
      EmailIdentity: text,
      ConfigurationSetAttributes: z.strictObject({ ConfigurationSetName: text.optional() }).optional(),
    }),
    nameProperty: 'EmailIdentity',
    attributes: (name) =>
      Object.fromEntries(
        [1, 2, 3].flatMap((n) => [
          [`DkimDNSTokenName${n}`, `token${n}._domainkey.${name}`],
          [`DkimDNSTokenValue${n}`, `token${n}.dkim.amazonses.com`],
        ]),
      ),
  },
  'AWS::SNS::Subscription': {
    schema: z.strictObject({
      TopicArn: text,
      Protocol: text,
      Endpoint: text,
      RawMessageDelivery: flag.optional(),
      RedrivePolicy: z.strictObject({ deadLetterTargetArn: text }).optional(),
    }),
  },
  'AWS::SNS::Topic': {
    schema: z.strictObject({
      TopicName: text.optional(),
      DisplayName: text.optional(),
      Subscription: z.array(z.strictObject({ Protocol: text, Endpoint: text })).optional(),
    }),
    nameProperty: 'TopicName',
    attributes: (name) => ({
      Ref: arn('sns', name),
      Arn: arn('sns', name),
      TopicArn: arn('sns', name),
      TopicName: name,
    }),
  },
  'AWS::SQS::Queue': {
    schema: z.strictObject({ QueueName: text.optional() }),
    nameProperty: 'QueueName',
    longest: 80,
    attributes: (name) => {
      const url = `https://sqs.${place.region}.amazonaws.com/${place.account}/${name}`;
      return { Ref: url, QueueUrl: url, Arn: arn('sqs', name), QueueName: name };
    },
  },
  'AWS::Scheduler::Schedule': {
    schema: z.strictObject({
      Name: text.optional(),
      FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
      ScheduleExpression: text,
      ScheduleExpressionTimezone: text.optional(),
      State: z.enum(['ENABLED', 'DISABLED']).optional(),
      Target: z.strictObject({
        Arn: text,
        RoleArn: text,
        Input: text.optional(),
        DeadLetterConfig: z.strictObject({ Arn: text }).optional(),
        RetryPolicy: z
          .strictObject({ MaximumEventAgeInSeconds: numeric.optional(), MaximumRetryAttempts: numeric.optional() })
          .optional(),
      }),
    }),
    nameProperty: 'Name',
    longest: 64,
    attributes: (name) => ({ Arn: arn('scheduler', `schedule/default/${name}`) }),
  },
  'AWS::SecretsManager::Secret': {
    schema: z.strictObject({
      Name: text.optional(),
      Description: text.optional(),
      KmsKeyId: text.optional(),
      SecretString: text.optional(),
      GenerateSecretString: z
        .strictObject({
          PasswordLength: numeric.optional(),
          ExcludeCharacters: text.optional(),
          ExcludeLowercase: flag.optional(),
          ExcludeUppercase: flag.optional(),
          ExcludeNumbers: flag.optional(),
          ExcludePunctuation: flag.optional(),
          IncludeSpace: flag.optional(),
          RequireEachIncludedType: flag.optional(),
          SecretStringTemplate: text.optional(),
          GenerateStringKey: text.optional(),
        })
        .optional(),
    }),
    nameProperty: 'Name',
    // Ref is the ARN with its suffix, which Secrets Manager makes: the loader fills it in.
  },
  'AWS::StepFunctions::StateMachine': {
    schema: z.strictObject({
      StateMachineName: text.optional(),
      StateMachineType: z.literal('STANDARD').optional(),
      DefinitionString: text.optional(),
      DefinitionS3Location: z.strictObject({ Bucket: text, Key: text }).optional(),
      DefinitionSubstitutions: z.record(text, z.union([text, z.number(), z.boolean()])).optional(),
      RoleArn: text,
    }),
    nameProperty: 'StateMachineName',
    longest: 80,
    attributes: (name) => {
      const machine = arn('states', `stateMachine:${name}`);
      return { Ref: machine, Arn: machine, Name: name, StateMachineRevisionId: uuidOf(name) };
    },
  },
  'AWS::StepFunctions::StateMachineVersion': {
    schema: z.strictObject({ StateMachineArn: text }),
    attributes: (_, property) => ({ Ref: `${property('StateMachineArn')}:1`, Arn: `${property('StateMachineArn')}:1` }),
  },
  'AWS::CDK::Metadata': part,
  'AWS::CloudWatch::Alarm': {
    ...part,
    nameProperty: 'AlarmName',
    attributes: (name) => ({ Arn: arn('cloudwatch', `alarm:${name}`) }),
  },
  'AWS::CloudWatch::CompositeAlarm': {
    ...part,
    nameProperty: 'AlarmName',
    attributes: (name) => ({ Arn: arn('cloudwatch', `alarm:${name}`) }),
  },
  'AWS::CloudWatch::Dashboard': { ...part, nameProperty: 'DashboardName' },
  'AWS::SNS::TopicPolicy': part,
  'AWS::SQS::QueuePolicy': part,
} as const satisfies Readonly<Record<string, Model>>;

export type ModelledType = keyof typeof models;
export type Properties<Type extends ModelledType> = z.infer<(typeof models)[Type]['schema']>;

/** The ARN of a function, given its name or its ARN. */
function functionArn(name: string): string {
  return name.startsWith('arn:') ? name : arn('lambda', `function:${name}`);
}

const monitoring = 'nothing is measured locally; the template tests assert it';
const atRest = 'nothing is encrypted at rest on a laptop; the template tests assert the key';
const described = 'nobody reads it locally';
const delivery = 'an AWS service would check it, and no AWS service delivers here';

/** What a template may say that changes nothing on a laptop, with the reason. `*` accepts every property. */
export const irrelevant: Readonly<Partial<Record<ModelledType, Readonly<Record<string, string>>>>> = {
  'AWS::ApiGatewayV2::Api': {
    Description: described,
    DisableExecuteApiEndpoint: 'there is one address, the site on this machine',
  },
  'AWS::CDK::Metadata': { '*': described },
  'AWS::CloudWatch::Alarm': { '*': monitoring },
  'AWS::CloudWatch::CompositeAlarm': { '*': monitoring },
  'AWS::CloudWatch::Dashboard': { '*': monitoring },
  'AWS::DynamoDB::GlobalTable': { SSESpecification: atRest, WarmThroughput: monitoring },
  'AWS::DynamoDB::Table': { SSESpecification: atRest },
  'AWS::IAM::Role': { Description: described, MaxSessionDuration: 'a local key does not expire' },
  'AWS::KMS::Key': {
    EnableKeyRotation: 'a laptop keeps no key for a year',
    KeyPolicy:
      'it hands the decision to the policies of the callers, and those are evaluated; the rest names AWS services',
    PendingWindowInDays: 'no stack is deleted here; npm run reset ends them',
    RotationPeriodInDays: 'a laptop keeps no key for a year',
  },
  'AWS::Lambda::Alias': { Description: described },
  'AWS::Lambda::Function': {
    Architectures: 'the bundles are JavaScript and run on the architecture of this machine',
    Description: described,
    EphemeralStorage: 'the temporary folder is that of this machine',
    KmsKeyArn: atRest,
    RuntimeManagementConfig: 'the runtime is the Node that runs the local cloud',
    TracingConfig: monitoring,
  },
  'AWS::Lambda::Version': { Description: described, CodeSha256: 'one version of the code exists locally' },
  'AWS::Logs::LogGroup': {
    KmsKeyId: atRest,
    LogGroupClass: monitoring,
    RetentionInDays: 'logs are files of this machine until npm run reset',
  },
  'AWS::S3::Bucket': {
    LoggingConfiguration: delivery,
    OwnershipControls: 'there is one account',
    PublicAccessBlockConfiguration: 'no object is ever public here',
  },
  'AWS::SES::ConfigurationSet': {
    DeliveryOptions: 'no mail leaves this machine',
    ReputationOptions: monitoring,
    SuppressionOptions: 'addresses bounce only when a test says so',
    TrackingOptions: 'links and opens are not tracked',
    VdmOptions: monitoring,
  },
  'AWS::SES::EmailIdentity': {
    DkimAttributes: 'no mail leaves this machine',
    DkimSigningAttributes: 'no mail leaves this machine',
    FeedbackAttributes: 'no mail leaves this machine',
    MailFromAttributes: 'no mail leaves this machine',
  },
  'AWS::SNS::Topic': { KmsMasterKeyId: atRest },
  'AWS::SNS::TopicPolicy': { '*': delivery },
  'AWS::SQS::Queue': {
    KmsMasterKeyId: atRest,
    KmsDataKeyReusePeriodSeconds: atRest,
    MessageRetentionPeriod: 'a dead letter stays until npm run reset',
    SqsManagedSseEnabled: atRest,
  },
  'AWS::SQS::QueuePolicy': { '*': delivery },
  'AWS::Scheduler::Schedule': { Description: described },
  'AWS::StepFunctions::StateMachine': {
    EncryptionConfiguration: atRest,
    LoggingConfiguration: 'the history of every execution is kept and shown',
    TracingConfiguration: monitoring,
  },
  'AWS::StepFunctions::StateMachineVersion': {
    Description: described,
    StateMachineRevisionId: 'one revision exists locally',
  },
};
