import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { counterKey, dueIndex, partitionKey, sortKey, ttl } from '../functions/aws/keys.ts';
import { acknowledge } from './nag.ts';
import type { ServiceFunction } from './service-function.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** Where the system keeps things: the record, short-lived counters, evidence, the locked audit heads, and the keys they are under. */
export class Storage extends Construct {
  readonly key: Key;
  readonly pseudonymKey: Key;
  readonly auditKey: Key;
  readonly requests: Table;
  readonly counters: Table;
  readonly evidence: Bucket;
  readonly audit: Bucket;
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, { evidenceDays }: { evidenceDays: number }) {
    super(scope, id);
    this.key = this.dataKey();
    this.pseudonymKey = new Key(this, 'PseudonymKey', {
      description: 'Pseudonyms, form seals and stamps: an HMAC key that never leaves KMS',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.auditKey = new Key(this, 'AuditKey', {
      description: 'Signs the daily audit anchors; outsiders verify with the public key',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.requests = this.requestsTable();
    this.counters = this.countersTable();
    this.accessLogs = this.bucket('AccessLogs', { expiration: Duration.days(90) });
    this.evidence = this.bucket('Evidence', {
      // A backstop for what the purge missed. Not for what was gathered: that may be on hold, or of a request that is open for long.
      expiration: Duration.days(evidenceDays + 120),
      expirationPrefix: 'packages/',
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'evidence/',
    });
    this.audit = this.bucket('Audit', {
      objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(3 * 365)),
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'audit/',
    });
  }

  private dataKey(): Key {
    const key = new Key(this, 'Key', {
      description: 'Everything that Privacy@ stores',
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { region, account, partition } = Stack.of(this);
    key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:DescribeKey', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
    );
    return key;
  }

  private requestsTable(): Table {
    const table = new Table(this, 'Requests', {
      partitionKey: text(partitionKey),
      sortKey: text(sortKey),
      ...this.tableDefaults(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: dueIndex.name,
      partitionKey: text(dueIndex.partitionKey),
      sortKey: text(dueIndex.sortKey),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }

  private countersTable(): Table {
    const table = new Table(this, 'Counters', {
      partitionKey: text(counterKey),
      ...this.tableDefaults(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(table, 'DDB3', 'Counters live for hours; a backup would only be one more copy of pseudonyms.');
    return table;
  }

  private tableDefaults() {
    return {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      timeToLiveAttribute: ttl,
    };
  }

  private bucket(id: string, props: BucketOptions): Bucket {
    const { expiration, expirationPrefix: prefix, ...rest } = props;
    return new Bucket(this, id, {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...(expiration ? [{ expiration, ...(prefix ? { prefix } : {}) }] : []),
      ],
      ...rest,
    });
  }

  /** Lets a function use the data key, through the one service that holds the data. */
  useKey(fn: ServiceFunction, service: 'dynamodb' | 's3' | 'sns', actions: string[]): void {
    const { region } = Stack.of(this);
    fn.allow(actions, [this.key.keyArn], { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } });
  }

  /** Lets a function read the data map that a request was planned by, and nothing else of what is kept with it. */
  grantMaps(fn: ServiceFunction): void {
    fn.allowObjects(['s3:GetObject'], this.evidence, 'evidence/*/data-map.json');
    this.useKey(fn, 's3', ['kms:Decrypt']);
  }

  /** Lets a function count what an address or a client does, by their pseudonyms. */
  grantCounting(fn: ServiceFunction, ...more: 'GetItem'[]): void {
    const actions = ['UpdateItem', ...more].map((action) => `dynamodb:${action}`);
    fn.allow(actions, [this.counters.tableArn]);
    fn.allow(['kms:GenerateMac'], [this.pseudonymKey.keyArn]);
  }

  /** The index that finds what is due. */
  get dueIndexArn(): string {
    return `${this.requests.tableArn}/index/${dueIndex.name}`;
  }

  /** Grants actions on the Requests table; with them the key they need. */
  grantRequests(fn: ServiceFunction, ...actions: string[]): void {
    fn.allow(
      actions.map((action) => `dynamodb:${action}`),
      [this.requests.tableArn],
    );
    this.useKey(fn, 'dynamodb', ['kms:Decrypt']);
  }
}

interface BucketOptions {
  readonly expiration?: Duration;
  readonly expirationPrefix?: string;
  readonly serverAccessLogsBucket?: Bucket;
  readonly serverAccessLogsPrefix?: string;
  readonly objectLockDefaultRetention?: ObjectLockRetention;
}
