import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type Common, grantWake, recordOf } from './record.ts';
import { ServiceFunction } from './service-function.ts';

/** What goes on by dates, each part with its own role: reminding, closing and forgetting. */
export class Upkeep extends Construct {
  /** Runs once a day. */
  readonly daily: Readonly<Record<string, ServiceFunction>>;

  constructor(scope: Construct, id: string, props: Common) {
    super(scope, id);
    this.daily = { Housekeeping: this.housekeeping(props), Anchor: this.anchor(props) };
  }

  private housekeeping(props: Common): ServiceFunction {
    const { storage } = props;
    const fn = new ServiceFunction(this, 'Housekeeping', {
      ...props,
      entry: 'housekeeping',
      timeout: Duration.minutes(15),
      environment: {
        ...recordOf(props),
        COUNTERS_TABLE: storage.counters.tableName,
        PSEUDONYM_KEY: storage.pseudonymKey.keyArn,
        EVIDENCE_BUCKET: storage.evidence.bucketName,
        AUDIT_BUCKET: storage.audit.bucketName,
      },
    });
    fn.allow(['s3:ListBucket'], [storage.evidence.bucketArn], { StringLike: { 's3:prefix': 'evidence/*' } });
    for (const prefix of ['evidence/', 'packages/']) fn.allowObjects(['s3:DeleteObject'], storage.evidence, prefix);
    fn.allowObjects(['s3:PutObject'], storage.audit, 'purged/');
    storage.useKey(fn, 's3', ['kms:GenerateDataKey']);
    storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    storage.grantCounting(fn, 'GetItem');
    grantWake(fn, props);
    return fn;
  }

  /** Writes anchors and nothing else: it can change neither the table nor what is anchored. */
  private anchor({ storage, ...house }: Common): ServiceFunction {
    const fn = new ServiceFunction(this, 'Anchor', {
      ...house,
      entry: 'anchor',
      timeout: Duration.minutes(15),
      environment: {
        REQUESTS_TABLE: storage.requests.tableName,
        AUDIT_BUCKET: storage.audit.bucketName,
        AUDIT_KEY: storage.auditKey.keyArn,
      },
    });
    fn.allow(['kms:Sign'], [storage.auditKey.keyArn]);
    fn.allowObjects(['s3:PutObject'], storage.audit, 'anchors/');
    fn.allow(['s3:ListBucket'], [storage.audit.bucketArn], { StringLike: { 's3:prefix': 'anchors/*' } });
    storage.useKey(fn, 's3', ['kms:GenerateDataKey']);
    storage.grantRequests(fn, 'Scan');
    return fn;
  }
}
