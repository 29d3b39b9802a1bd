/** Draws every page: `npx node test/web/screenshots.ts FOLDER [name...]` writes a PNG of each in light and dark, wide and narrow. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { serve, startBrowser } from './site.ts';
import type { Specimen } from './specimens.ts';

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error('usage: npx node test/web/screenshots.ts FOLDER [name...]');

/** Node runs no JSX: the specimens are bundled first. */
const load = async (): Promise<typeof import('./specimens.ts')> => {
  const own = mkdtempSync(join(tmpdir(), 'privacy-pages-'));
  const outfile = join(own, 'specimens.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'specimens.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    outfile,
    logLevel: 'error',
  });
  return import(outfile).finally(() => rmSync(own, { recursive: true }));
};

const { specimens, config } = await load();
const all = (['da', 'en'] as const).flatMap((language) =>
  specimens(language).map(({ name, html }): Specimen => ({ name: `${name}.${language}`, html })),
);
const pages = all.filter(({ name }) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)));
mkdirSync(folder, { recursive: true });
const [{ browser, stop }, site] = await Promise.all([startBrowser(), serve(pages, config.colour)]);

const looks = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 390 },
] as const;

for (const { scheme, width } of looks) {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 900 },
    javaScriptEnabled: false,
  });
  const tab = await context.newPage();
  for (const { name } of pages) {
    await tab.goto(`${site.url}/${name}`);
    await tab.screenshot({ path: join(folder, `${name}.${scheme}.${width}.png`), fullPage: true });
  }
  await context.close();
}
await site.stop();
await stop();
process.stdout.write(`${pages.length * looks.length} pictures in ${folder}\n`);
