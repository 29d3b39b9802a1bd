import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { synth } from '../../local/synth.ts';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: object;
  readonly Arguments?: { readonly FunctionName?: unknown };
}
interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}
interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

let resources: Record<string, Resource>;
let states: Record<string, State>;

const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);

/** The text of a template's value: what it refers to stands as `<LogicalId>`. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, never[]>;
  if (Ref) return `<${Ref}>`;
  if (attribute) return `<${attribute[0]}>`;
  const [, parts = []] = (join ?? []) as unknown as [string?, unknown[]?];
  return parts.map(textOf).join('');
};

beforeAll(async () => {
  const template = readFileSync(join(await synth(), 'PrivacyDemo.template.json'), 'utf8');
  ({ Resources: resources } = JSON.parse(template) as { Resources: Record<string, Resource> });
  const [, machine] = ofType('AWS::StepFunctions::StateMachine')[0] ?? [];
  ({ States: states } = JSON.parse(textOf(machine?.Properties.DefinitionString)) as { States: Record<string, State> });
});

/** Every edge of the synthesized machine, with the condition of a choice. */
const edges = () =>
  Object.entries(states).flatMap(([from, { Next, Default, Choices = [], Catch = [] }]) => [
    ...[Next, Default].flatMap((to) => (to ? [{ from, to, when: '' }] : [])),
    ...Choices.map(({ Condition, Next: to }) => ({ from, to, when: Condition })),
    ...Catch.map(({ Next: to }) => ({ from, to, when: 'failed' })),
  ]);
const into = (to: string) =>
  edges()
    .filter((edge) => edge.to === to)
    .map(({ from, when }) => `${from} ${/step = '(\w+)'/.exec(when)?.[1] ?? when}`.trim())
    .sort();

/** Functions whose role may do something to a resource, without the parts of a logical id that CDK derives. */
const mayDo = (action: string, on: RegExp): string[] =>
  ofType('AWS::IAM::Policy')
    .filter(([, { Properties }]) =>
      (Properties.PolicyDocument as { Statement: Statement[] }).Statement.some(
        (statement) =>
          [statement.Action].flat().includes(action) &&
          [statement.Resource].flat().some((each) => on.test(textOf(each))),
      ),
    )
    .flatMap(([, { Properties }]) => (Properties.Roles as { Ref: string }[]).map(({ Ref }) => Ref))
    .map((role) => role.replace(/(Parts)?Role\w*$/, ''))
    .sort();

test('3.1 graph: sources are read only in a segment that the record commands after the proof and the start, and nothing leads there else', () => {
  expect(into('Plan gathering')).toEqual(['Where the record stands gather']);
  expect(into('Gather from each system')).toEqual(['More systems {% $wave < $waves %}', 'Plan gathering']);
  expect(into('More systems')).toEqual(['Gather from each system']);
  expect(into('Build package')).toEqual(['Time to undo']);
  expect(into('Time to undo')).toEqual(['Where the record stands deliver']);
  expect(into('Deliver')).toEqual(['Build package']);
});

test('3.1 graph: what asks for proof or for a start leads to no other step, so that a person stands between the stages', () => {
  const after = (name: string) => edges().filter(({ from }) => from === name);
  for (const name of ['Ask for proof', 'Ask to start', 'Ask to decide'])
    expect(after(name).map(({ to }) => to)).toEqual(['Needs a person']);
});

test('3.1 IAM: only the state machine calls the functions that read sources', () => {
  expect(mayDo('lambda:InvokeFunction', /gather|GatherSource/i)).toEqual(['WorkflowStateMachine']);
});

test('3.1 IAM: only a system’s own function reads its secret, and of the pages a sign-in its issuer’s', () => {
  const readers = mayDo('secretsmanager:GetSecretValue', /./);
  expect(readers.length).toBeGreaterThan(1);
  // The two pages that end a sign-in know their issuer's secret.
  expect(readers.filter((name) => !name.startsWith('WorkflowGatherSource'))).toEqual(['WebProof', 'WebSignIn']);
});

test('3.1 IAM: of the pages only the download and the DPO’s review read an answer, only the review what was gathered, and an owner’s page only uploads; others the map', () => {
  const pages = (on: RegExp) => mayDo('s3:GetObject', on).filter((name) => name.startsWith('Web'));
  // The review hands an answer out to those who decide, behind their second factor.
  expect(pages(/packages\/\*$/)).toEqual(['WebDownload', 'WebReview']);
  expect(pages(/evidence\/\*$/)).toEqual(['WebReview']);
  expect(pages(/evidence\/\*\/uploads\/\*$/)).toEqual(['WebOwner']);
  // What an owner takes away again; no page removes anything else.
  expect(mayDo('s3:DeleteObject', /uploads\/\*$/)).toEqual(['WebOwner']);
  expect(mayDo('s3:DeleteObject', /./).filter((name) => name.startsWith('Web'))).toEqual(['WebOwner']);
  expect(pages(/evidence\/\*\/data-map\.json\*$/)).toEqual(['WebOwner', 'WebStaff']);
  expect(pages(/./)).toEqual(['WebDownload', 'WebOwner', 'WebReview', 'WebStaff']);
});

test('3.1 IAM: what asks for proof and for a start reaches no source, no object and no secret', () => {
  for (const action of ['s3:GetObject', 's3:PutObject', 'secretsmanager:GetSecretValue', 'lambda:InvokeFunction'])
    expect(
      mayDo(action, /./).filter((name) => /^WorkflowAskFor|^WorkflowAskToStart|^WebIntake|^WebPerson/.test(name)),
    ).toEqual([]);
});
