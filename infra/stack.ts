import { ArnFormat, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Mail } from './mail.ts';
import { ConnectorSecrets } from './secrets.ts';
import { type House, ServiceFunction } from './service-function.ts';
import type { Settings } from './settings.ts';
import { Site } from './site.ts';
import { Storage } from './storage.ts';
import { Watch } from './watch.ts';
import { Web } from './web.ts';
import { stateMachineName, Workflow } from './workflow.ts';

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
    const mail = new Mail(this, 'Mail', config);
    const alarms = new Topic(this, 'Alarms', { masterKey: storage.key, enforceSSL: true });

    const dispatcher = this.dispatcher(house, storage, site, mail, config.mail.from);
    const dispatch = { dispatcherName: this.dispatcherName, dispatcherArn: this.dispatcherArn };
    const environment = { REQUESTS_TABLE: storage.requests.tableName, DISPATCHER: this.dispatcherName };
    const workflow = new Workflow(this, 'Workflow', {
      ...house,
      storage,
      settings,
      environment,
      allowLoopback,
      ...dispatch,
    });
    new ConnectorSecrets(this, 'Secrets', { map: settings.map, key: storage.key, readers: workflow.gatherers });
    const web = new Web(this, 'Web', { ...house, storage, url: site.url, ...dispatch });
    site.serve(web.functions);

    const watchdog = this.watchdog(house, storage, alarms);
    new Watch(this, 'Watch', { key: storage.key, dispatcher, watchdog, stateMachine: workflow.stateMachine, alarms });
    this.outputs({
      FormUrl: site.url,
      RequestsTable: storage.requests.tableName,
      EvidenceBucket: storage.evidence.bucketName,
      AlarmTopic: alarms.topicArn,
    });
  }

  /** Fixed, so that every function can name it without a circle of references. */
  private get dispatcherName(): string {
    return `${this.stackName}-dispatch`;
  }

  private get dispatcherArn(): string {
    return this.formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: this.dispatcherName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private dispatcher(house: House, storage: Storage, site: Site, mail: Mail, from: string): ServiceFunction {
    const stateMachine = this.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName(this),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const fn = new ServiceFunction(this, 'Dispatch', {
      ...house,
      entry: 'dispatch',
      functionName: this.dispatcherName,
      timeout: Duration.minutes(5),
      environment: {
        REQUESTS_TABLE: storage.requests.tableName,
        DISPATCHER: this.dispatcherName,
        STATE_MACHINE: stateMachine,
        BASE_URL: site.url,
        CONFIGURATION_SET: mail.configurationSet.configurationSetName,
      },
    });
    storage.grantRequests(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    fn.allow(['states:StartExecution'], [stateMachine]);
    mail.grantSend(fn, from);
    return fn;
  }

  private watchdog(house: House, storage: Storage, alarms: Topic): ServiceFunction {
    const environment = {
      REQUESTS_TABLE: storage.requests.tableName,
      DISPATCHER: this.dispatcherName,
      ALARM_TOPIC: alarms.topicArn,
    };
    const fn = new ServiceFunction(this, 'Watchdog', {
      ...house,
      entry: 'watchdog',
      timeout: Duration.minutes(5),
      environment,
    });
    storage.grantRequests(fn, 'Query', 'PutItem');
    fn.allow(['dynamodb:Query'], [storage.dueIndexArn]);
    fn.allow(['lambda:InvokeFunction'], [this.dispatcherArn]);
    fn.allow(['sns:Publish'], [alarms.topicArn]);
    storage.key.grant(fn, 'kms:Decrypt', 'kms:GenerateDataKey');
    return fn;
  }

  private outputs(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
