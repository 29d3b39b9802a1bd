import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../local/start.ts');

async function started(env: Readonly<Record<string, string>>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

test('A port that another program uses is told before anything starts, with a way out', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { code, said } = await started({ PORT: String(port), AWS_PORT: '0' });
  expect(code).toBe(1);
  expect(said).toContain(`Port ${port} is used by another program. Choose another one: PORT=${port + 1} npm start`);
  other.close();
});

test('A port that is no number is refused by its name', async () => {
  const { code, said } = await started({ PORT: '0', AWS_PORT: 'http' });
  expect(code).toBe(1);
  expect(said).toContain('AWS_PORT is no port: http');
});
