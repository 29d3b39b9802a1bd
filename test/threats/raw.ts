import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synth } from '../../local/synth.ts';
import { expectStatus } from '../journeys/access.ts';
import { formsOf, Visitor } from '../journeys/visitor.ts';
import type { Served } from '../journeys/world.ts';

export interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  /** The caller's own address, in 127.0.0.0/8. */
  readonly from?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

/** One request as it is, with headers and a source address that no browser lets one choose. */
export const call = (site: string, { path, method, headers = {}, fields, from = '127.0.0.1' }: Call): Promise<Reply> =>
  new Promise((done, failed) => {
    const body = fields && new URLSearchParams(fields).toString();
    const { hostname, port } = new URL(site);
    const own = { ...(body === undefined ? {} : formType), ...headers };
    const options = {
      hostname,
      port,
      path,
      method: method ?? (fields ? 'POST' : 'GET'),
      headers: own,
      localAddress: from,
    };
    const sent = request(options, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      const { statusCode: status = 0, headers: got } = response;
      done({ status, headers: got, body: Buffer.concat(parts).toString('utf8') });
    });
    sent.on('error', failed);
    sent.end(body);
  });

/** The form filled in up to the page that sends it; answers the cookie that holds the answers. */
export const filledIn = async (
  { site }: Pick<Served, 'site'>,
  email: string,
  more: Readonly<Record<string, string>> = {},
) => {
  const visitor = new Visitor(site);
  const you = { name: 'En Person', email, customerNumber: '', alsoKnownAs: '', ...more };
  const steps = [{ rights: ['access'] }, { who: 'me' }, you, { details: '' }, { language: 'da' }];
  let page = await visitor.get('/want?lang=da');
  for (const fields of steps) page = expectStatus(await visitor.submit(page, fields as never), 200);
  return [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
};

/** Stamps of so many forms that are shown now, all with the same answers. */
export const stampsOf = async ({ site }: Pick<Served, 'site'>, cookie: string, count: number): Promise<string[]> => {
  const stamps: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { body } = await call(site, { path: '/check', headers: { cookie } });
    const form = formsOf({ html: body, url: site }).find(({ names }) => names.includes('stamp'));
    stamps.push(form?.hidden.stamp ?? '');
  }
  return stamps;
};

/** The demo's cdk.out with other limits in the functions' configuration. */
export const synthWithLimits = async (limits: Readonly<Record<string, number>>): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'privacy-limits-'));
  cpSync(await synth(), folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('config.json'),
  );
  for (const name of files) {
    const settings = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    Object.assign(settings.config.limits, limits);
    writeFileSync(join(folder, name), JSON.stringify(settings));
  }
  if (files.length === 0) throw new Error(`no config.json in ${folder}`);
  return folder;
};
