import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Config } from '../domain/config.ts';
import { Mail } from './mail.ts';
import { type Common, grantWake, recordOf } from './record.ts';
import { ConnectorSecrets } from './secrets.ts';
import { type House, ServiceFunction } from './service-function.ts';
import type { Settings } from './settings.ts';
import { Site } from './site.ts';
import { Storage } from './storage.ts';
import { Upkeep } from './upkeep.ts';
import { Watch } from './watch.ts';
import { Web } from './web.ts';
import { Workflow } from './workflow.ts';

export interface PrivacyStackProps extends StackProps {
  readonly settings: Settings;
  /** Folder of the functions' bundles. */
  readonly assets: string;
  /** Off AWS only: connectors may talk to this machine. */
  readonly allowLoopback: boolean;
}

/** The whole service, in the order the data flows. */
export class PrivacyStack extends Stack {
  constructor(scope: Construct, id: string, { settings, assets, allowLoopback, ...props }: PrivacyStackProps) {
    super(scope, id, props);
    const { config } = settings;
    const storage = new Storage(this, 'Storage', config.retention);
    const house: House = { assets, key: storage.key };
    const site = new Site(this, 'Site', { key: storage.key, ...(config.site ? { url: config.site.url } : {}) });
    const mail = new Mail(this, 'Mail', config, storage.key);
    const alarms = new Topic(this, 'Alarms', { masterKey: storage.key, enforceSSL: true });

    const escalations = this.escalations(storage, config);
    const wake = new Topic(this, 'Wake', { masterKey: storage.key, enforceSSL: true });
    const common = { ...house, storage, wake };
    const workflow = new Workflow(this, 'Workflow', { ...common, settings, allowLoopback });
    new ConnectorSecrets(this, 'Secrets', { map: settings.map, key: storage.key, readers: workflow.gatherers });
    const dispatcher = this.dispatcher(common, workflow, site, mail, config.mail.from);
    const web = new Web(this, 'Web', { ...common, url: site.url, config, allowLoopback });
    site.serve(web.functions);

    const watchdog = this.watchdog(common, workflow, escalations);
    new Watch(this, 'Watch', {
      key: storage.key,
      wake,
      dispatcher,
      watchdog,
      mailEvents: { topic: mail.events, reader: this.mailEvents(common) },
      daily: new Upkeep(this, 'Upkeep', common).daily,
      stateMachine: workflow.stateMachine,
      alarms,
      pagesFailed: site.api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
    });
    this.outputs({
      FormUrl: site.url,
      RequestsTable: storage.requests.tableName,
      EvidenceBucket: storage.evidence.bucketName,
      AuditBucket: storage.audit.bucketName,
      AuditKey: storage.auditKey.keyArn,
      AlarmTopic: alarms.topicArn,
      EscalationTopic: escalations.topicArn,
      MailEventTopic: mail.events.topicArn,
    });
  }

  private dispatcher(common: Common, workflow: Workflow, site: Site, mail: Mail, from: string): ServiceFunction {
    const { storage } = common;
    const { stateMachineArn } = workflow.stateMachine;
    const fn = new ServiceFunction(this, 'Dispatch', {
      ...common,
      entry: 'dispatch',
      timeout: Duration.minutes(5),
      environment: {
        ...recordOf(common),
        STATE_MACHINE: stateMachineArn,
        BASE_URL: site.url,
        CONFIGURATION_SET: mail.configurationSet.configurationSetName,
        EVIDENCE_BUCKET: storage.evidence.bucketName,
      },
    });
    storage.grantMaps(fn);
    storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    fn.allow(['states:StartExecution'], [stateMachineArn]);
    mail.grantSend(fn, from);
    return fn;
  }

  private mailEvents(common: Common): ServiceFunction {
    const fn = new ServiceFunction(this, 'MailEvents', {
      ...common,
      entry: 'mail-events',
      environment: recordOf(common),
    });
    common.storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    grantWake(fn, common);
    return fn;
  }

  /** The second channel: it needs neither our mail nor the dispatcher. Each address must confirm the subscription once. */
  private escalations({ key }: Storage, { escalation, dpo }: Config): Topic {
    const topic = new Topic(this, 'Escalations', { masterKey: key, enforceSSL: true });
    for (const email of escalation?.emails ?? [dpo.email]) topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  private watchdog(common: Common, workflow: Workflow, escalations: Topic): ServiceFunction {
    const { storage } = common;
    const fn = new ServiceFunction(this, 'Watchdog', {
      ...common,
      entry: 'watchdog',
      timeout: Duration.minutes(5),
      environment: {
        ...recordOf(common),
        STATE_MACHINE: workflow.stateMachine.stateMachineArn,
        ESCALATION_TOPIC: escalations.topicArn,
      },
    });
    storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    workflow.grantDescribe(fn);
    fn.allow(['sns:Publish'], [escalations.topicArn]);
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    grantWake(fn, common);
    return fn;
  }

  private outputs(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
