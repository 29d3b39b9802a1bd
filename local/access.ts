import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { RoleDefinition } from './deployment.ts';
import { accessDenied, compile, type Decide, type PolicyDocument } from './policy.ts';
import type { Caller, Permission, Store } from './service.ts';
import type { AccessKey } from './signature.ts';

/** One use of a right: who, what, on which resource. */
interface Use {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

export type Access = Awaited<ReturnType<typeof openAccess>>;

/** The key of a person at this machine. */
const root = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Who may do what. The keys of the roles follow from a secret in the store, so that they stay the same from start to start. */
export async function openAccess(options: {
  readonly store: Store;
  readonly roles: readonly RoleDefinition[];
  /** Bucket policies: their denials hold for everyone. */
  readonly resourcePolicies: readonly PolicyDocument[];
}) {
  const master = (await options.store.get<string>('master')) ?? randomBytes(32).toString('hex');
  await options.store.put('master', master);
  const credentialsOf = (roleArn: string) => keyOf(roleArn, master);
  const keys = new Map<string, AccessKey>([[root.accessKeyId, { secret: root.secretAccessKey }]]);
  const policies = new Map<string, Decide>();
  for (const { arn, name, policies: documents } of options.roles) {
    const { accessKeyId, secretAccessKey } = credentialsOf(arn);
    keys.set(accessKeyId, { secret: secretAccessKey, role: arn });
    policies.set(arn, compiled(name, documents as unknown as readonly PolicyDocument[]));
  }
  const resources = compiled('bucket policies', options.resourcePolicies);
  const used = new Map<string, Use>();
  return {
    findKey: (accessKeyId: string) => keys.get(accessKeyId),
    credentialsOf,
    /** Throws AwsError when the caller may not. A person with the root key may do everything that no resource denies. */
    authorise({ role }: Caller, permission: Permission): void {
      const byResource = resources(permission);
      const byRole = role === undefined ? 'allow' : (policies.get(role)?.(permission) ?? 'implicit');
      const decision = byResource === 'deny' ? byResource : byRole;
      if (decision !== 'allow') throw accessDenied(role ?? 'root', permission, decision);
      const { action, resource } = permission;
      if (role !== undefined) used.set(`${role} ${action} ${resource}`, { role, action, resource });
    },
    /** What was asked for and granted so far, and what is granted and was never used, as the policies write it. */
    report: () => ({ used: [...used.values()], unused: unusedOf(options.roles, [...used.values()]) }),
  };
}

function compiled(name: string, documents: readonly PolicyDocument[]): Decide {
  try {
    return compile(documents);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function keyOf(roleArn: string, master: string): { accessKeyId: string; secretAccessKey: string } {
  const id = createHash('sha256').update(roleArn).digest('hex').slice(0, 16).toUpperCase();
  const secretAccessKey = createHmac('sha256', master).update(roleArn).digest('base64').slice(0, 40);
  return { accessKeyId: `ASIA${id}`, secretAccessKey };
}

interface Granted {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

/** What a role is granted, one triple per action and resource as they are written. */
function grantsOf({ arn, policies }: RoleDefinition): Use[] {
  const statements = policies.flatMap(({ Statement }) => [Statement].flat() as Granted[]);
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
  return allowed.flatMap(({ Action = [], Resource = [] }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ role: arn, action, resource }))),
  );
}

function unusedOf(roles: readonly RoleDefinition[], uses: readonly Use[]): Use[] {
  return roles.flatMap(grantsOf).filter(({ role, action, resource }) => {
    const decide = compile([{ Statement: { Effect: 'Allow', Action: action, Resource: resource } }]);
    return !uses.some((use) => use.role === role && decide(use) === 'allow');
  });
}
