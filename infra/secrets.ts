import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DataMap } from '../domain/data-map.ts';
import { acknowledge } from './nag.ts';
import type { ServiceFunction } from './service-function.ts';

/** One empty secret per system that names one; ops put the value in, no deployment ever holds it. */
export class ConnectorSecrets extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { map, key, readers }: { map: DataMap; key: IKey; readers: ReadonlyMap<string, ServiceFunction> },
  ) {
    super(scope, id);
    for (const [name, { connector }] of Object.entries(map.systems)) {
      if (!connector.secret) continue;
      const secret = new CfnSecret(this, name, {
        name: connector.secret,
        description: `How Privacy@ reads ${name}`,
        secretString: '{}',
        kmsKeyId: key.keyArn,
      });
      acknowledge(
        secret,
        'SMG4',
        'The key of a system that is not ours has no rotation API; ops change it there and put the new value here.',
      );
      secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
      const reader = readers.get(name);
      reader?.allow(['secretsmanager:GetSecretValue'], [secret.ref]);
      reader?.allow(['kms:Decrypt'], [key.keyArn]);
    }
  }
}
