import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { System } from '../domain/data-map.ts';
import type { ServiceFunction } from './service-function.ts';

const dynamodb = (fn: ServiceFunction, system: System): void => {
  for (const [name, { at = name, options }] of Object.entries(system.collections)) {
    const table = Stack.of(fn).formatArn({ service: 'dynamodb', resource: 'table', resourceName: at });
    const action = options.scan === true ? 'dynamodb:Scan' : 'dynamodb:Query';
    fn.allow([action], [typeof options.index === 'string' ? `${table}/index/${options.index}` : table]);
  }
};

const s3 = (fn: ServiceFunction, { connector }: System): void => {
  const bucket = Bucket.fromBucketName(fn, 'Source', String(connector.options.bucket));
  fn.allow(['s3:ListBucket'], [bucket.bucketArn]);
  fn.allowObjects(['s3:GetObject'], bucket, '');
};

const lambda = (fn: ServiceFunction, { connector }: System): void => {
  const name = String(connector.options.function);
  const arn = name.startsWith('arn:')
    ? name
    : Stack.of(fn).formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
  fn.allow(['lambda:InvokeFunction'], [arn]);
};

const nothingMore = (): void => {};

/** What reading each kind of source takes, and no more; a source outside AWS takes its secret only. */
const grants: Readonly<Record<System['connector']['type'], (fn: ServiceFunction, system: System) => void>> = {
  postgres: nothingMore,
  mysql: nothingMore,
  mssql: nothingMore,
  rest: nothingMore,
  graphql: nothingMore,
  manual: nothingMore,
  dynamodb,
  s3,
  lambda,
};

/** Grants a gathering function its one source's tables or bucket; its secret is granted where the secret is made. */
export const grantSource = (fn: ServiceFunction, system: System): void => grants[system.connector.type](fn, system);
