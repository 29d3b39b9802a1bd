import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { demoBuckets, demoTables } from '../demo/tables.ts';

interface DemoTable {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly indexes: readonly { readonly name: string; readonly partitionKey: string; readonly sortKey?: string }[];
}

const text = (name: string) => ({ name, type: AttributeType.STRING });
const keys = ({ partitionKey, sortKey }: { partitionKey: string; sortKey?: string }) => ({
  partitionKey: text(partitionKey),
  ...(sortKey ? { sortKey: text(sortKey) } : {}),
});

/** The demonstration organisation's own tables and bucket: systems that Privacy@ reads, not a part of it. */
export class DemoStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    for (const table of demoTables) this.table(table);
    for (const name of demoBuckets) this.bucket(name);
  }

  private table({ name, indexes, ...key }: DemoTable): void {
    const table = new Table(this, name, {
      tableName: name,
      ...keys(key),
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const { name: indexName, ...of } of indexes) {
      table.addGlobalSecondaryIndex({ indexName, ...keys(of), projectionType: ProjectionType.ALL });
    }
  }

  private bucket(bucketName: string): void {
    new Bucket(this, bucketName, {
      bucketName,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
