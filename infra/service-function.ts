import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Env } from '../functions/lib/env.ts';
import { assetName } from './bundle.ts';
import { acknowledge, objectsId } from './nag.ts';

/** What every function of the service shares. */
export interface House {
  /** Folder of the bundles. */
  readonly assets: string;
  readonly key: IKey;
}

export interface ServiceFunctionProps extends House {
  /** Path under `functions/`, without the extension. */
  readonly entry: string;
  readonly environment: Partial<Env>;
  readonly timeout?: Duration;
  readonly memorySize?: number;
  readonly functionName?: string;
  readonly reservedConcurrentExecutions?: number | undefined;
}

/** A Lambda as this service runs them: one role, one log group that holds no personal data, one runtime, one architecture. */
export class ServiceFunction extends LambdaFunction {
  readonly #prefixes = new Set<string>();

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const { entry, environment, assets, key, timeout = Duration.seconds(30), memorySize = 512, functionName } = props;
    const { reservedConcurrentExecutions } = props;
    const own = new Construct(scope, `${id}Parts`);
    const role = new Role(own, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(own, 'Logs', {
      encryptionKey: key,
      // Identifiers and counts only; long enough to look into a request that took its whole extended time limit.
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(assets, assetName(entry))),
      environment: environment as Record<string, string>,
      timeout,
      memorySize,
      role,
      logGroup,
      ...(reservedConcurrentExecutions ? { reservedConcurrentExecutions } : {}),
      ...(functionName ? { functionName } : {}),
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  }

  /** Grants exactly these actions on exactly these resources. */
  allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>): this {
    this.addToRolePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions, resources, ...(conditions ? { conditions } : {}) }),
    );
    return this;
  }

  /** Grants actions on a bucket's objects under a prefix. */
  allowObjects(actions: string[], bucket: IBucket, prefix: string): this {
    const reason =
      'Objects have random keys: the narrowest resource that can be named is the prefix this function works under.';
    if (!this.#prefixes.has(`${bucket.node.path} ${prefix}`))
      acknowledge(this.role as IRole, objectsId(bucket, prefix), reason);
    this.#prefixes.add(`${bucket.node.path} ${prefix}`);
    return this.allow(actions, [bucket.arnForObjects(`${prefix}*`)]);
  }
}
