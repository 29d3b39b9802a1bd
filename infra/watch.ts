import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './nag.ts';
import type { ServiceFunction } from './service-function.ts';

export interface WatchProps {
  readonly key: Key;
  readonly wake: Topic;
  readonly dispatcher: ServiceFunction;
  readonly watchdog: ServiceFunction;
  /** What SES says of our mails, and who hears it. */
  readonly mailEvents: { readonly topic: Topic; readonly reader: ServiceFunction };
  /** What runs once a day, by name. */
  readonly daily: Readonly<Record<string, ServiceFunction>>;
  readonly stateMachine: StateMachine;
  readonly alarms: Topic;
  /** The site's answers of 500 and above. */
  readonly pagesFailed: IMetric;
}

const runbook = 'docs/runbook.md';

/** What keeps going without anybody: the outbox sweep, the hourly watchdog, and the alarms on both. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { key, wake, dispatcher, watchdog, daily, stateMachine, alarms, pagesFailed, mailEvents } = props;
    const missed = new Queue(this, 'Missed', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(
      missed,
      'SQS3',
      'It is the dead letter queue itself, of schedules; an alarm watches that it stays empty.',
    );
    const use = ['kms:Decrypt', 'kms:GenerateDataKey*'];
    // Alarms of ours may publish, and topics of ours may leave in the queue what they could not deliver; nobody else's (T64).
    const alarming = this.ours('cloudwatch', 'alarm:*');
    alarms.grantPublish(alarming);
    key.grant(alarming, ...use);
    key.grant(this.ours('sns', '*'), ...use);
    wake.addSubscription(new LambdaSubscription(dispatcher, { deadLetterQueue: missed }));
    mailEvents.topic.addSubscription(new LambdaSubscription(mailEvents.reader, { deadLetterQueue: missed }));
    const every = (name: string, rate: string, fn: ServiceFunction) => this.schedule(name, rate, fn, missed, key);
    every('Sweep', 'rate(5 minutes)', dispatcher);
    every('Hourly', 'rate(1 hour)', watchdog);
    for (const [name, fn] of Object.entries(daily)) every(name, 'rate(1 day)', fn);

    const act = new SnsAction(alarms);
    const alarm = (
      name: string,
      metric: IMetric,
      what: string,
      options: Partial<ConstructorParameters<typeof Alarm>[2]> = {},
    ) =>
      new Alarm(this, name, {
        metric,
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        alarmDescription: `${what} See ${runbook}#${name.toLowerCase()}`,
        ...options,
      }).addAlarmAction(act);
    const hour = { period: Duration.hours(1), statistic: 'Sum' };
    alarm('ExecutionFailed', stateMachine.metricFailed(hour), 'An execution failed outside its own failure state.');
    alarm('ExecutionTimedOut', stateMachine.metricTimedOut(hour), 'An execution ran out of time.');
    alarm('DispatchErrors', dispatcher.metricErrors(hour), 'Mails or executions could not be sent or started.');
    alarm('MailEventsErrors', mailEvents.reader.metricErrors(hour), 'What became of mails was not noted.');
    alarm('WatchdogErrors', watchdog.metricErrors(hour), 'The watchdog failed.');
    for (const [name, fn] of Object.entries(daily)) {
      alarm(`${name}Errors`, fn.metricErrors({ period: Duration.days(1), statistic: 'Sum' }), `${name} failed.`);
    }
    alarm('PagesFail', pagesFailed, 'A page failed, or more requests came in an hour than `limits.requestsPerHour`.');
    alarm('MissedTicks', missed.metricApproximateNumberOfMessagesVisible(), 'A scheduled run was missed.');
    alarm(
      'WatchdogSilent',
      watchdog.metricInvocations({ period: Duration.hours(2), statistic: 'Sum' }),
      'The watchdog has not run.',
      {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        // No data is the very thing this alarm is for (F22, F23).
        treatMissingData: TreatMissingData.BREACHING,
      },
    );
  }

  /** A service of AWS, as long as it acts for a resource of this account. */
  private ours(service: string, resource: string): ServicePrincipal {
    const { account, partition, region } = Stack.of(this);
    const source = `arn:${partition}:${service}:${region}:${account}:${resource}`;
    return new ServicePrincipal(`${service}.amazonaws.com`, {
      conditions: { ArnLike: { 'aws:SourceArn': source } },
    });
  }

  /** By hand: the library's target would let the schedule call every version of the function. */
  private schedule(name: string, rate: string, fn: ServiceFunction, missed: Queue, key: Key): void {
    const ours = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const scheduler = new ServicePrincipal('scheduler.amazonaws.com', { conditions: ours });
    const role = new Role(this, `${name}Role`, { assumedBy: scheduler });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [missed.queueArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] }));
    new CfnSchedule(this, name, {
      scheduleExpression: rate,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: fn.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        deadLetterConfig: { arn: missed.queueArn },
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 300 },
      },
    });
  }
}
