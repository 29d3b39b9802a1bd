import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { brand, icon } from '../../web/brand.ts';
import type { Specimen } from './specimens.ts';

/** Flags with which the browser dies when its first context closes, or which switch its protection off. */
const refused = /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content|headless)/;

/** A headless Chromium out of the npm package; its files are unpacked into a folder of its own, because it does not check what lies there. */
export const startBrowser = async (): Promise<{ browser: Browser; stop: () => Promise<void> }> => {
  const own = mkdtempSync(join(tmpdir(), 'privacy-web-'));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = own;
  const executablePath = await sparticuz.executablePath().finally(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  const args = sparticuz.args.filter((arg) => !refused.test(arg));
  const browser = await chromium.launch({ executablePath, args, headless: true });
  const stop = async () => {
    await browser.close();
    rmSync(own, { recursive: true, force: true });
  };
  return { browser, stop };
};

/** The strictest of the site's policies, as functions/lib/page.ts sends it. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const overview = readFileSync(join(import.meta.dirname, '../../web/overview.css'), 'utf8');
const styles = readFileSync(join(import.meta.dirname, '../../web/styles.css'), 'utf8');

/** Serves specimens under their names, with the assets, on a port of the system's choice. */
export const serve = async (pages: readonly Specimen[], colour: string) => {
  const assets = new Map([
    ['/assets/styles.css', ['text/css; charset=utf-8', styles]],
    ['/assets/overview.css', ['text/css; charset=utf-8', overview]],
    ['/assets/brand.css', ['text/css; charset=utf-8', brand(colour)]],
    ['/assets/icon.svg', ['image/svg+xml', icon(colour)]],
    ...pages.map(({ name, html }) => [`/${name}`, ['text/html; charset=utf-8', html]] as const),
  ] as Iterable<[string, [string, string]]>);
  const server = createServer(({ url = '' }, response) => {
    const [type = 'text/plain', body = ''] = assets.get(decodeURI(url.split('?')[0] ?? '')) ?? [];
    response.writeHead(body ? 200 : 404, { 'content-type': type, 'content-security-policy': policy });
    response.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => new Promise((closed) => server.close(closed)) };
};
