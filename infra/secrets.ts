import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DataMap } from '../domain/data-map.ts';
import { acknowledge } from './nag.ts';
import type { ServiceFunction } from './service-function.ts';

interface EmptySecret {
  readonly name: string;
  readonly description: string;
  readonly key: IKey;
  /** Why it does not rotate by itself. */
  readonly byHand: string;
}

/** A secret that ops fill: no deployment ever holds its value. */
export const emptySecret = (
  scope: Construct,
  id: string,
  { name, description, key, byHand }: EmptySecret,
  reader: ServiceFunction | undefined,
): void => {
  const secret = new CfnSecret(scope, id, { name, description, secretString: '{}', kmsKeyId: key.keyArn });
  acknowledge(secret, 'SMG4', byHand);
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
  reader?.allow(['secretsmanager:GetSecretValue'], [secret.ref]);
  reader?.allow(['kms:Decrypt'], [key.keyArn]);
};

const ofSystem =
  'The key of a system that is not ours has no rotation API; ops change it there and put the new value here.';

/** One empty secret per system that names one. */
export class ConnectorSecrets extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { map, key, readers }: { map: DataMap; key: IKey; readers: ReadonlyMap<string, ServiceFunction> },
  ) {
    super(scope, id);
    for (const [name, { connector }] of Object.entries(map.systems)) {
      if (!connector.secret) continue;
      const secret = { name: connector.secret, description: `How Privacy@ reads ${name}`, key, byHand: ofSystem };
      emptySecret(this, name, secret, readers.get(name));
    }
  }
}
