import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import {
  CfnEmailIdentity,
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailSendingEvent,
  EventDestination,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '../domain/config.ts';
import type { ServiceFunction } from './service-function.ts';

/** The identity that mail is sent from, and the rules it is sent by: TLS or not at all. */
export class Mail extends Construct {
  readonly identity: CfnEmailIdentity;
  readonly configurationSet: ConfigurationSet;
  /** What SES says became of each mail. */
  readonly events: Topic;

  constructor(scope: Construct, id: string, { mail }: Config, key: Key) {
    super(scope, id);
    this.configurationSet = new ConfigurationSet(this, 'Sending', {
      // Our mails hold no data, but a link that opens it (T75).
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    this.events = this.eventTopic(key);
    this.identity = new CfnEmailIdentity(this, 'Identity', {
      emailIdentity: mail.identity,
      configurationSetAttributes: { configurationSetName: this.configurationSet.configurationSetName },
    });
  }

  /** SES may publish there, and use the topic's key for it, for this account only. */
  private eventTopic(key: Key): Topic {
    const topic = new Topic(this, 'Events', { masterKey: key, enforceSSL: true });
    this.configurationSet.addEventDestination('ToTopic', {
      destination: EventDestination.snsTopic(topic),
      events: [EmailSendingEvent.SEND, EmailSendingEvent.REJECT, EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('ses.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  grantSend(fn: ServiceFunction, from: string): void {
    const { partition, region, account } = Stack.of(this);
    const ses = (resource: string) => `arn:${partition}:ses:${region}:${account}:${resource}`;
    fn.allow(
      ['ses:SendRawEmail'],
      [
        ses(`identity/${this.identity.emailIdentity}`),
        ses(`configuration-set/${this.configurationSet.configurationSetName}`),
      ],
      { StringEquals: { 'ses:FromAddress': from } },
    );
  }
}
