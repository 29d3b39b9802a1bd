import { join, resolve } from 'node:path';
import { bundleFunctions } from '../infra/bundle.ts';
import { entriesFor } from '../infra/functions.ts';
import { readSettings } from '../infra/settings.ts';

/** Bytes of each function's bundle, minified, and the packages that make them up. */
const root = resolve(import.meta.dirname, '..');
const settings = readSettings(join(root, 'demo'));
const metafile = await bundleFunctions(
  join(root, '.local', 'bundles', 'bench'),
  entriesFor(settings),
  settings.config.country,
);

/**
 * Most bytes a bundle may have; page functions start while somebody waits. The letter's has a PDF library and its fonts; those of SQL
 * databases a driver and a query builder, for statements are never put together as texts.
 */
const limit = (entry: string): number => {
  if (entry === 'tasks-write-letter') return 1_250_000;
  if (/^gather-(postgres|mysql|mssql)$/.test(entry)) return 750_000;
  return /web-/.test(entry) ? 400_000 : 550_000;
};

const packageOf = (file: string): string => {
  if (file.startsWith('builtin:')) return 'node';
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  if (!found) return `(own) ${file.split('/')[0]}`;
  return found.startsWith('@smithy/') || found.startsWith('@aws-sdk/') ? found.split('/').slice(0, 2).join('/') : found;
};

const shares = (inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>) => {
  const sums = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    sums.set(packageOf(file), (sums.get(packageOf(file)) ?? 0) + bytesInOutput);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
};

let over = 0;
for (const [path, { bytes, inputs }] of Object.entries(metafile.outputs).sort((a, b) => b[1].bytes - a[1].bytes)) {
  const entry = path.split('/').at(-2) ?? path;
  const max = limit(entry);
  if (bytes > max) over += 1;
  const top = shares(inputs)
    .slice(0, 6)
    .map(([name, size]) => `${name} ${Math.round(size / 1000)}k`);
  console.log(
    `${bytes > max ? 'OVER ' : '     '}${entry.padEnd(26)} ${String(bytes).padStart(8)} of ${max}  ${top.join(', ')}`,
  );
}
console.log(`bundles: ${over} over their limit`);
