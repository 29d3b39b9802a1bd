import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type CfnStage, HttpApi, type HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type PublicFunction, routes } from '../functions/routes.ts';
import { acknowledge } from './nag.ts';
import type { ServiceFunction } from './service-function.ts';

/** One access log line: the route's key, never the path (it may hold a link's token), never an address. */
const accessLog = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  error: '$context.integrationErrorMessage',
});

const anonymous =
  'Anybody may ask (Art. 12(2)); staff and owners sign in inside the function: a one-time link, a typed value, and a session cookie.';

/** The HTTP API. It stands before the functions, so that they can be told its address. */
export class Site extends Construct {
  readonly api: HttpApi;
  readonly url: string;

  constructor(scope: Construct, id: string, { key, url }: { key: IKey; url?: string }) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      description: 'Privacy@: the pages of data subjects, the DPO and data owners',
    });
    this.url = url ?? this.api.apiEndpoint;
    this.stage(key);
  }

  private stage(key: IKey): void {
    const stage = this.api.defaultStage?.node.defaultChild as CfnStage;
    const logs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/vendedlogs/apis/${Stack.of(this).stackName}`,
      encryptionKey: key,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    stage.accessLogSettings = { destinationArn: logs.logGroupArn, format: accessLog };
    // Far above what people do, far below what would empty the account's Lambda concurrency.
    stage.defaultRouteSettings = { throttlingRateLimit: 100, throttlingBurstLimit: 200 };
  }

  /** Binds every route of `functions/routes.ts` to its function. */
  serve(functions: Readonly<Record<PublicFunction, ServiceFunction>>): void {
    for (const [name, list] of Object.entries(routes) as [PublicFunction, readonly string[]][]) {
      const integration = new HttpLambdaIntegration(name, functions[name]);
      for (const route of list) {
        for (const made of this.add(route, integration)) acknowledge(made, 'APIG4', anonymous);
      }
    }
  }

  private add(route: string, integration: HttpLambdaIntegration): HttpRoute[] {
    const [method = 'GET', path] = route.split(' ');
    if (path) return this.api.addRoutes({ path, methods: [method as HttpMethod], integration });
    return [new HttpRoute(this, 'AnyOther', { httpApi: this.api, routeKey: HttpRouteKey.DEFAULT, integration })];
  }
}
