import { Stack } from 'aws-cdk-lib';
import { CfnEmailIdentity, ConfigurationSet, ConfigurationSetTlsPolicy, SuppressionReasons } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import type { Config } from '../domain/config.ts';
import type { ServiceFunction } from './service-function.ts';

/** The identity that mail is sent from, and the rules it is sent by: TLS or not at all. */
export class Mail extends Construct {
  readonly identity: CfnEmailIdentity;
  readonly configurationSet: ConfigurationSet;

  constructor(scope: Construct, id: string, { mail }: Config) {
    super(scope, id);
    this.configurationSet = new ConfigurationSet(this, 'Sending', {
      // Our mails hold no data, but a link that opens it (T75).
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    this.identity = new CfnEmailIdentity(this, 'Identity', {
      emailIdentity: mail.identity,
      configurationSetAttributes: { configurationSetName: this.configurationSet.configurationSetName },
    });
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
