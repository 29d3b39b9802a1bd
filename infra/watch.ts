import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

export interface WatchProps {
  readonly key: Key;
  readonly dispatcher: ServiceFunction;
  readonly watchdog: ServiceFunction;
  readonly stateMachine: StateMachine;
  readonly alarms: Topic;
}

const runbook = 'docs/runbook.md';

/** What keeps going without anybody: the outbox sweep, the hourly watchdog, and the alarms on both. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, { key, dispatcher, watchdog, stateMachine, alarms }: WatchProps) {
    super(scope, id);
    const missed = new Queue(this, 'Missed', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const every = (name: string, interval: Duration, fn: ServiceFunction) =>
      new Schedule(this, name, {
        schedule: ScheduleExpression.rate(interval),
        target: new LambdaInvoke(fn, { deadLetterQueue: missed, retryAttempts: 3, maxEventAge: interval }),
      });
    every('Sweep', Duration.minutes(5), dispatcher);
    every('Hourly', Duration.hours(1), watchdog);

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
    alarm('WatchdogErrors', watchdog.metricErrors(hour), 'The watchdog failed.');
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
}
