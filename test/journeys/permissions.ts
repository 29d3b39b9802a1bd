import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synth } from '../../local/synth.ts';

/** A right as `/_local/permissions` tells it. */
export interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** What a role was granted and did not use, by hand with the reason; every pair of a role and an action is meant. */
export interface Explained {
  readonly reason: string;
  /** AWS's page that asks for it, where a service uses the grant and not our code. */
  readonly document?: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[];
  readonly resource: string;
}

export const permissionsOf = async (site: string): Promise<{ used: Grant[]; unused: Grant[] }> => {
  const response = await fetch(`${site}/_local/permissions`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return response.json() as Promise<{ used: Grant[]; unused: Grant[] }>;
};

/** Names without the parts that CDK derives from where a construct stands, so that a list outlives a renaming. */
export const plain = ({ role, action, resource }: Grant): string => {
  const owner = plainRole(role);
  const at = resource
    .replace(/^arn:aws:([^:]*):[^:]*:[^:]*:/, '$1 ')
    .replace(/key\/[\da-f-]{36}/, 'key')
    .replace(/privacydemo-([a-z]+)[\da-f]{8}\b/, '$1')
    .replace(/PrivacyDemo-(\w+)[\dA-F]{8}\b/, '$1')
    .replace(/log-group:\w+:\*/, 'own log group');
  return `${owner} ${action} ${at}`;
};

const plainRole = (role: string): string =>
  role.replace(/^.*\/PrivacyDemo-/, '').replace(/(Parts)?Role[\dA-F]{8}$/, '');

/** Each explained grant as `plain` writes it. */
export const explainedAs = ({ roles, actions, resource }: Explained): string[] =>
  roles.flatMap((role) => actions.map((action) => `${role} ${action} ${resource}`));

interface Statement {
  Action: string | string[];
}
interface Template {
  Resources: Record<
    string,
    { Type: string; Properties: { PolicyDocument?: { Statement: Statement[] }; Roles?: { Ref: string }[] } }
  >;
}

const without = (action: string, statements: readonly Statement[]): Statement[] =>
  statements
    .map((statement) => ({ ...statement, Action: [statement.Action].flat().filter((each) => each !== action) }))
    .filter(({ Action }) => Action.length > 0);

/** A copy of the demo's cdk.out in which the role whose logical id begins so has no right to the action. */
export const synthWithout = async (role: string, action: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'privacy-grants-'));
  cpSync(await synth(), folder, { recursive: true });
  const file = join(folder, 'PrivacyDemo.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
  let taken = 0;
  for (const { Type, Properties } of Object.values(template.Resources)) {
    const { PolicyDocument: document, Roles = [] } = Properties;
    if (Type !== 'AWS::IAM::Policy' || !document || !Roles.some(({ Ref }) => Ref.startsWith(role))) continue;
    const left = without(action, document.Statement);
    taken += JSON.stringify(left) === JSON.stringify(without('', document.Statement)) ? 0 : 1;
    document.Statement = left;
  }
  if (taken !== 1) throw new Error(`${role} has ${taken} policies with ${action}`);
  writeFileSync(file, JSON.stringify(template));
  return folder;
};

/** What the functions whose names hold `part` have logged. */
export const logOf = (state: string, part: string): string => {
  const folder = join(state, 'logs');
  const files = readdirSync(folder).filter((file) => file.includes(part));
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('');
};
