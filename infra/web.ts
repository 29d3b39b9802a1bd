import { Construct } from 'constructs';
import type { Env } from '../functions/lib/env.ts';
import type { PublicFunction } from '../functions/routes.ts';
import { type Common, grantWake, recordOf } from './record.ts';
import { ServiceFunction } from './service-function.ts';

export interface WebProps extends Common {
  readonly url: string;
}

type Make = (name: PublicFunction, environment?: Partial<Env>) => ServiceFunction;

/** The public functions, each with its own role: the intake can write a request and read none. */
export class Web extends Construct {
  readonly functions: Readonly<Record<PublicFunction, ServiceFunction>>;

  constructor(scope: Construct, id: string, props: WebProps) {
    super(scope, id);
    const { storage, url } = props;
    const record = recordOf(props);
    const make: Make = (name, environment = {}) =>
      new ServiceFunction(this, pascal(name), {
        ...props,
        entry: `web/${name}`,
        environment: { BASE_URL: url, ...environment },
      });

    const counted = { COUNTERS_TABLE: storage.counters.tableName, PSEUDONYM_KEY: storage.pseudonymKey.keyArn };
    const intake = make('intake', { ...record, ...counted });
    storage.grantRequests(intake, 'PutItem');
    storage.grantCounting(intake);

    const person = make('person', record);
    const staff = make('staff', record);
    const calendar = make('calendar', record);
    // It only reads: what is open, and when each is due.
    storage.grantRequests(calendar, 'GetItem', 'Query');
    calendar.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    const owner = make('owner', { ...record, EVIDENCE_BUCKET: storage.evidence.bucketName });
    const download = make('download', { ...record, EVIDENCE_BUCKET: storage.evidence.bucketName });
    for (const fn of [staff, owner]) storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem');
    // They check codes: each attempt is counted on the token.
    for (const fn of [person, download]) storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    for (const fn of [intake, person, staff, owner, download]) grantWake(fn, props);

    // The form that an owner posts to the bucket is signed with this function's key.
    owner.allowObjects(['s3:PutObject'], storage.evidence, 'evidence/*/uploads/');
    owner.allow(['s3:ListBucket'], [storage.evidence.bucketArn], {
      StringLike: { 's3:prefix': 'evidence/*/uploads/*' },
    });
    storage.useKey(owner, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
    download.allowObjects(['s3:GetObject'], storage.evidence, 'packages/');
    storage.useKey(download, 's3', ['kms:Decrypt']);

    this.functions = { intake, person, staff, owner, download, calendar, assets: make('assets') };
  }
}

const pascal = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;
