import { Construct } from 'constructs';
import type { Config, Issuer } from '../domain/config.ts';
import type { Env } from '../functions/lib/env.ts';
import type { PublicFunction } from '../functions/routes.ts';
import { type Common, grantWake, recordOf } from './record.ts';
import { emptySecret } from './secrets.ts';
import { ServiceFunction } from './service-function.ts';
import type { Storage } from './storage.ts';

export interface WebProps extends Common {
  readonly url: string;
  readonly config: Pick<Config, 'signIn' | 'proof'>;
  readonly allowLoopback: boolean;
}

type Make = (name: PublicFunction, environment?: Partial<Env>) => ServiceFunction;

/** The public functions, each with its own role: the intake can write a request and read none. */
export class Web extends Construct {
  readonly functions: Readonly<Record<PublicFunction, ServiceFunction>>;

  constructor(scope: Construct, id: string, props: WebProps) {
    super(scope, id);
    const { storage, url, config, allowLoopback } = props;
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
    const kept = { EVIDENCE_BUCKET: storage.evidence.bucketName };
    const staff = make('staff', { ...record, ...kept, COUNTERS_TABLE: storage.counters.tableName });
    const calendar = make('calendar', record);
    // It only reads: what is open, and when each is due.
    storage.grantRequests(calendar, 'GetItem', 'Query');
    calendar.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    const owner = make('owner', { ...record, ...kept });
    const download = make('download', { ...record, ...kept });
    const review = make('review', { ...record, ...kept, COUNTERS_TABLE: storage.counters.tableName });
    review.allowObjects(['s3:GetObject'], storage.evidence, 'evidence/');
    // The answer as it was sent, for somebody whom mail does not reach.
    review.allowObjects(['s3:GetObject'], storage.evidence, 'packages/');
    storage.useKey(review, 's3', ['kms:Decrypt']);
    storage.grantRequests(owner, 'GetItem', 'Query', 'PutItem');
    for (const fn of [staff, review]) fn.allow(['dynamodb:UpdateItem'], [storage.counters.tableArn]);
    // They check codes, each attempt of which is counted on the token, or note that a session was seen.
    for (const fn of [person, staff, review, download])
      storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    for (const fn of [intake, person, staff, review, owner, download]) grantWake(fn, props);

    // The form that an owner posts to the bucket is signed with this function's key; it reads the first bytes of what came, and removes what the owner takes back.
    owner.allowObjects(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], storage.evidence, 'evidence/*/uploads/');
    owner.allow(['s3:ListBucket'], [storage.evidence.bucketArn], {
      StringLike: { 's3:prefix': 'evidence/*/uploads/*' },
    });
    storage.useKey(owner, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
    download.allowObjects(['s3:GetObject'], storage.evidence, 'packages/');
    storage.useKey(download, 's3', ['kms:Decrypt']);

    const seals = { PSEUDONYM_KEY: storage.pseudonymKey.keyArn };
    const issuers = { ...seals, ...(allowLoopback ? { ALLOW_LOOPBACK: 'true' } : {}) };
    const signIn = make('sign-in', { REQUESTS_TABLE: storage.requests.tableName, ...issuers });
    // Sessions only; it seals what the browser keeps while the issuer asks.
    storage.grantRequests(signIn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    // Apart from it: this one writes into a request what opens its elevated systems.
    const proof = make('proof', { ...record, ...issuers });
    for (const fn of [staff, owner]) storage.grantMaps(fn);
    storage.grantRequests(proof, 'GetItem', 'Query', 'PutItem');
    grantWake(proof, props);
    for (const fn of [signIn, proof]) fn.allow(['kms:GenerateMac'], [storage.pseudonymKey.keyArn]);
    this.issuerSecret('SignInSecret', config.signIn, 'How Privacy@ signs staff in', storage, signIn);
    this.issuerSecret('ProofSecret', config.proof, 'How people prove to Privacy@ who they are', storage, proof);

    const overview = make('overview', { REQUESTS_TABLE: storage.requests.tableName });
    // It lists and counts, and changes no request: what it writes is a calendar's address and that a session was seen.
    storage.grantRequests(overview, 'GetItem', 'Query', 'PutItem', 'UpdateItem');

    const assets = make('assets');
    const ofPeople = { intake, person, proof, owner, download, assets };
    this.functions = { ...ofPeople, staff, review, 'sign-in': signIn, overview, calendar };
  }

  private issuerSecret(
    id: string,
    issuer: Issuer | undefined,
    description: string,
    { key }: Storage,
    reader: ServiceFunction,
  ): void {
    if (!issuer) return;
    const byHand = 'The issuer makes the client secret; ops change it there and put the new value here.';
    emptySecret(this, id, { name: issuer.secret, description, key, byHand }, reader);
  }
}

/** `sign-in` -> `SignIn`. */
const pascal = (name: string): string => name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
