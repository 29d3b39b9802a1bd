import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, type CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CfnStateMachineVersion,
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { System } from '../domain/data-map.ts';
import { grantSource } from './connector-grants.ts';
import { acknowledge } from './nag.ts';
import { type Common, grantWake, recordOf } from './record.ts';
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts';
import type { Settings } from './settings.ts';

const definition = join(import.meta.dirname, '../statemachines/privacy-request.asl.json');

export interface WorkflowProps extends Common {
  readonly settings: Settings;
  readonly allowLoopback: boolean;
}

/** A whole wave of a system's data, or a whole package, in one go. */
const heavy = { timeout: Duration.minutes(15), memorySize: 1024 };

/** Fixed, so that its log group can be named after it. */
const stateMachineName = (scope: Construct): string => `${Stack.of(scope).stackName}-privacy-request`;

/** The state machine and the functions it calls. Each function's id is its placeholder in the definition. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;
  readonly functions: readonly ServiceFunction[];
  /** The function that gathers from each system. */
  readonly gatherers: ReadonlyMap<string, ServiceFunction>;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const steps = this.steps(props);
    this.gatherers = this.gatherersFor(props);
    this.functions = [...steps, ...this.gatherers.values()];
    this.stateMachine = this.machine(props, steps);
    for (const fn of this.functions) {
      // By hand: grantInvoke would add every version of the function, which nothing calls.
      this.stateMachine.addToRolePolicy(invoke(fn));
    }
  }

  /** What every step does: read the case, write the next, wake the dispatcher. */
  private step(name: string, props: WorkflowProps, more: Partial<ServiceFunctionProps> = {}) {
    const environment = { ...recordOf(props), ...more.environment };
    const fn = new ServiceFunction(this, name, { ...props, ...more, entry: `tasks/${kebab(name)}`, environment });
    props.storage.grantRequests(fn, 'Query', 'PutItem');
    grantWake(fn, props);
    return fn;
  }

  private steps(props: WorkflowProps): ServiceFunction[] {
    const { storage } = props;
    const withFiles = { environment: { EVIDENCE_BUCKET: storage.evidence.bucketName }, ...heavy };
    const letter = this.letter(props);
    const environment = { ...withFiles.environment, LETTER_FUNCTION: letter.functionName };
    const decide = this.step('AskToDecide', props, { ...withFiles, environment });
    decide.allow(['lambda:InvokeFunction'], [letter.functionArn]);
    const build = this.step('BuildPackage', props, withFiles);
    const plan = this.step('PlanGathering', props, { environment: withFiles.environment });
    for (const fn of [decide, build, plan]) {
      storage.useKey(fn, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
      fn.allowObjects(['s3:GetObject'], storage.evidence, 'evidence/');
    }
    decide.allowObjects(['s3:PutObject', 's3:AbortMultipartUpload'], storage.evidence, 'evidence/');
    plan.allowObjects(['s3:PutObject'], storage.evidence, 'evidence/');
    decide.allow(['s3:ListBucket'], [storage.evidence.bucketArn], uploadsOnly);
    build.allowObjects(['s3:PutObject', 's3:AbortMultipartUpload'], storage.evidence, 'packages/');
    const counted = { COUNTERS_TABLE: storage.counters.tableName, PSEUDONYM_KEY: storage.pseudonymKey.keyArn };
    const prove = this.step('AskForProof', props, { environment: counted });
    storage.grantCounting(prove, 'GetItem');
    const plain = ['AskToStart', 'NoteFailedSource', 'Deliver', 'NeedsAPerson'];
    return [...plain.map((name) => this.step(name, props)), prove, plan, decide, build];
  }

  /** Holds the PDF library, and reads nothing that was gathered. */
  private letter(props: WorkflowProps): ServiceFunction {
    const { storage } = props;
    const environment = { ...recordOf(props), EVIDENCE_BUCKET: storage.evidence.bucketName };
    const entry = 'tasks/write-letter';
    const fn = new ServiceFunction(this, 'WriteLetter', { ...props, entry, environment, memorySize: 1024 });
    storage.grantRequests(fn, 'Query');
    storage.useKey(fn, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
    fn.allowObjects(['s3:GetObject'], storage.evidence, 'evidence/*/data-map.json');
    return fn.allowObjects(['s3:PutObject'], storage.evidence, 'evidence/');
  }

  /** One function per system, from one source: its own role, its own secret, its own driver (decisions.md 3). */
  private gatherersFor(props: WorkflowProps): Map<string, ServiceFunction> {
    const { storage, settings, allowLoopback } = props;
    const gatherer = ([name, system]: [string, System]) => {
      const fn = new ServiceFunction(this, `GatherSource-${name}`, {
        ...props,
        entry: `gather/${system.connector.type}`,
        functionName: `${gatherPrefix(this)}${name}`,
        reservedConcurrentExecutions: system.connector.concurrency,
        environment: {
          ...recordOf(props),
          EVIDENCE_BUCKET: storage.evidence.bucketName,
          SYSTEM: name,
          ...(allowLoopback ? { ALLOW_LOOPBACK: 'true' } : { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }),
        },
        ...heavy,
      });
      storage.grantRequests(fn, 'Query', 'PutItem');
      if (system.connector.type === 'manual') {
        grantWake(fn, props);
        return [name, fn] as const;
      }
      storage.useKey(fn, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
      fn.allowObjects(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], storage.evidence, 'evidence/');
      grantSource(fn, system);
      return [name, fn] as const;
    };
    return new Map(Object.entries(settings.map.systems).map(gatherer));
  }

  /** Lets a function ask whether an execution runs; their names are the requests', so they can't be named one by one. */
  grantDescribe(fn: ServiceFunction): void {
    const { stateMachineName: resourceName } = this.stateMachine;
    const format = { service: 'states', resource: 'execution', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    fn.allow(
      ['states:DescribeExecution'],
      [Stack.of(this).formatArn({ ...format, resourceName: `${resourceName}:*` })],
    );
    const machine = Stack.of(this).getLogicalId(this.stateMachine.node.defaultChild as CfnElement);
    acknowledge(
      fn.role as IRole,
      `IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*]`,
      'Executions are named after requests: the narrowest resource that can be named is the executions of this one state machine.',
    );
  }

  private machine({ storage }: WorkflowProps, steps: readonly ServiceFunction[]): StateMachine {
    const prefix = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: gatherPrefix(this),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const arns = Object.fromEntries(steps.map((fn) => [fn.node.id, fn.functionArn]));
    const machine = new StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(this),
      // Inline, so that synth validates it and a test can read it.
      definitionBody: DefinitionBody.fromString(readFileSync(definition, 'utf8')),
      definitionSubstitutions: { ...arns, GatherSource: prefix },
      encryptionConfiguration: new CustomerManagedEncryptionConfiguration(storage.key, Duration.minutes(15)),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        includeExecutionData: false,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName(this)}`,
          encryptionKey: storage.key,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: machine.stateMachineArn,
      stateMachineRevisionId: machine.stateMachineRevisionId,
    });
    acknowledge(
      machine.role,
      'IAM5[Resource::*]',
      'Log delivery and X-Ray of a state machine have no resource to name; history holds identifiers only (includeExecutionData is false).',
    );
    // An execution under way stays on the version it began with (F14).
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return machine;
  }
}

/** Files that owners gave, of any request. */
const uploadsOnly = { StringLike: { 's3:prefix': 'evidence/*/uploads/*' } };

const gatherPrefix = (scope: Construct): string => `${Stack.of(scope).stackName}-gather-`;
const kebab = (name: string): string => name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
const invoke = (fn: ServiceFunction) =>
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] });
