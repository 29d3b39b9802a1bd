import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../local/store.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function listed(entries: AsyncIterable<readonly [string, unknown]>): Promise<(readonly [string, unknown])[]> {
  const list = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

test('What was put is there after the store was closed and opened again', async () => {
  const store = await openStore(dir);
  await store.put('a', { n: 1 });
  await store.batch([
    { type: 'put', key: 'b', value: 2 },
    { type: 'del', key: 'a' },
  ]);
  await store.close();
  const again = await openStore(dir);
  expect(await again.get('a')).toBeUndefined();
  expect(await again.get('b')).toBe(2);
  await again.close();
});

test('Entries come in bytewise order, within the range asked for, and never from a store under a name', async () => {
  const store = await openStore(dir);
  const keys = ['b', 'a', 'å', 'Z', 'ab', '𝒳', '～'];
  await Promise.all(keys.map((key) => store.put(key, key)));
  await store.sub('a').put('x', 1);
  await store.sub('a').sub('b').put('y', 2);
  const bytewise = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect((await listed(store.entries())).map(([key]) => key)).toEqual(bytewise);
  expect(await listed(store.entries({ gte: 'a', lt: 'b' }))).toEqual([
    ['a', 'a'],
    ['ab', 'ab'],
  ]);
  expect((await listed(store.entries({ reverse: true, limit: 1 }))).map(([key]) => key)).toEqual(['𝒳']);
  expect(await listed(store.sub('a').entries())).toEqual([['x', 1]]);
  expect(await listed(store.sub('a').sub('b').entries())).toEqual([['y', 2]]);
  await store.close();
});

test('A second process that opens the same folder is told that the store is in use', async () => {
  const store = await openStore(dir);
  await expect(openStore(dir)).rejects.toThrow('another process uses it');
  await store.close();
});

test('A broken record is reported with its place', async () => {
  const store = await openStore(dir);
  await store.sub('executions').put('e1', {});
  await store.close();
  const level = new ClassicLevel<string, string>(dir);
  const [key] = await level.keys().all();
  await level.put(key as string, '{"half":');
  await level.close();
  const again = await openStore(dir);
  await expect(again.sub('executions').get('e1')).rejects.toThrow('executions/e1');
  await again.close();
});

test('A list can go on over records that are broken, and tells of them', async () => {
  const store = await openStore(dir);
  for (const key of ['a', 'b', 'c']) await store.put(key, { key });
  await store.close();
  const level = new ClassicLevel<string, string>(dir);
  const broken = (await level.keys().all()).find((key) => key.endsWith('b')) as string;
  await level.put(broken, '{"half":');
  await level.close();
  const again = await openStore(dir);
  const told: string[] = [];
  const found = await Array.fromAsync(again.entries({ broken: ({ message }) => told.push(message) }));
  expect([found.map(([key]) => key), told]).toEqual([['a', 'c'], ['store: the record "b" is broken']]);
  await expect(Array.fromAsync(again.entries())).rejects.toThrow('the record "b" is broken');
  await again.close();
});

test('A write that was answered survives kill -9', { timeout: 20_000 }, async () => {
  const script = `
    const { openStore } = await import(${JSON.stringify(new URL('../../local/store.ts', import.meta.url).href)});
    const store = await openStore(${JSON.stringify(dir)});
    await Promise.all(Array.from({ length: 200 }, (_, n) => store.put('k' + n, n)));
    process.stdout.write('written');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
  const store = await openStore(dir);
  expect(await listed(store.entries())).toHaveLength(200);
  await store.close();
});
