import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFaults } from '../../local/faults.ts';
import { openGateway } from '../../local/gateway.ts';
import { authenticateForm, isBrowserUpload } from '../../local/s3.ts';
import { AwsError, type Clock, type Permission, type Service } from '../../local/service.ts';
import { type AccessKey, authenticate } from '../../local/signature.ts';

/** One service behind the real gateway, signatures checked; `asked` collects the permissions that were asked for, `denied` are actions nobody may do. */
export async function signedGateway(service: Service, clock: Clock) {
  const asked: Permission[] = [];
  const denied = new Set<string>();
  const root = { accessKeyId: `AKIA${randomUUID().slice(0, 8)}`, secretAccessKey: randomUUID() };
  const fn = { accessKeyId: `ASIA${randomUUID().slice(0, 8)}`, secretAccessKey: randomUUID() };
  const keys = new Map<string, AccessKey>([
    [root.accessKeyId, { secret: root.secretAccessKey }],
    [fn.accessKeyId, { secret: fn.secretAccessKey, role: 'arn:aws:iam::123456789012:role/Function' }],
  ]);
  const find = (accessKeyId: string) => keys.get(accessKeyId);
  const times = () => ({ real: new Date(), virtual: clock.now() });
  const gateway = await openGateway({
    port: 0,
    clock,
    services: [service],
    faults: openFaults(),
    authenticate: (request, body) =>
      isBrowserUpload(request)
        ? authenticateForm(request, body, find, times())
        : authenticate(
            { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body },
            find,
            times(),
          ),
    authorise: (_, permission) => {
      asked.push(permission);
      if (denied.has(permission.action)) throw new AwsError('AccessDenied', `not allowed: ${permission.action}`, 403);
    },
  });
  const endpoint = `http://127.0.0.1:${gateway.port}`;
  // A client whose clock was overtaken by a jump corrects it by the Date header and asks once more, as in AWS.
  const config = { endpoint, region: 'eu-west-1', maxAttempts: 2 };
  return {
    endpoint,
    asked,
    denied,
    config: { ...config, credentials: root },
    functionConfig: { ...config, credentials: fn },
    close: () => gateway.close(),
  };
}

/** A folder of its own, gone when the test is. */
export function temporaryFolder(name: string) {
  const path = mkdtempSync(join(tmpdir(), `privacy-${name}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
