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
    this.daily = { Housekeeping: this.housekeeping(props) };
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
      },
    });
    storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    storage.grantCounting(fn);
    grantWake(fn, props);
    return fn;
  }
}
