import { createHmac } from 'node:crypto';
import { uploadedName } from '../../domain/answer-layout.ts';
import { type FileProblem, fileProblem, headBytes, mostBytes, sizeProblem } from '../../domain/file-kinds.ts';
import { env } from '../lib/env.ts';
import { bucketPlace } from './bucket-place.ts';
import { defaultProvider } from './credentials.ts';
import { type SmallCall, smallBytes, smallCall } from './small-call.ts';

/** A form that a browser posts straight to the bucket, without a script. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Uploaded {
  readonly key: string;
  /** As the owner's machine called it: data, never a path of ours. */
  readonly name: string;
  readonly bytes: number;
  /** Why it is not taken. */
  readonly problem?: FileProblem | undefined;
}

/** What S3 takes at most. It refuses what is larger with a page of its own: what is a little too large is to be refused on ours, in words. */
const takenBytes = 10 * mostBytes;
const lifeSeconds = 3_600;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** S3's POST policy, signed: what the form may put where, and until when. */
const signed = async (
  conditions: unknown[],
  fields: Record<string, string>,
  now: Date,
): Promise<Record<string, string>> => {
  const { accessKeyId, secretAccessKey, sessionToken } = await defaultProvider()();
  const stamp = now.toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  const scope = [stamp.slice(0, 8), process.env.AWS_REGION ?? '', 's3', 'aws4_request'];
  const all: Record<string, string> = {
    ...fields,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': [accessKeyId, ...scope].join('/'),
    'X-Amz-Date': stamp,
    ...(sessionToken ? { 'X-Amz-Security-Token': sessionToken } : {}),
  };
  const named = Object.entries(all).filter(([name]) => name !== 'key');
  const expiration = new Date(now.getTime() + lifeSeconds * 1000).toISOString();
  const policy = JSON.stringify({
    expiration,
    conditions: [...conditions, ...named.map(([name, value]) => ({ [name]: value }))],
  });
  const Policy = Buffer.from(policy).toString('base64');
  const key = scope.reduce<string | Buffer>((held, part) => hmac(held, part), `AWS4${secretAccessKey}`);
  return { ...all, Policy, 'X-Amz-Signature': hmac(key, Policy).toString('hex') };
};

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

const within = (xml: string, tag: string): string =>
  unescaped(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '');

/** What stands under a prefix, as ListObjectsV2 answers it. */
const listed = (xml: string, prefix: string): Uploaded[] =>
  [...xml.matchAll(/<Contents>[\s\S]*?<\/Contents>/g)].map(([entry]) => {
    const key = within(entry, 'Key');
    return { key, name: uploadedName(key, prefix), bytes: Number(within(entry, 'Size')) };
  });

/** A key as a path; S3 signs more signs escaped than a browser escapes. */
const pathOf = (key: string): string =>
  encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * What data owners give: files go to the bucket directly and wait under a prefix until the round closes. Without the S3 client, which
 * would be a third of the owner's page function.
 */
export const uploads = (now: () => Date) => {
  const { EVIDENCE_BUCKET: bucket } = env('EVIDENCE_BUCKET');
  const { protocol, hostname, port, host, prefix: root } = bucketPlace(bucket);
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const call = (method: 'GET' | 'PUT' | 'DELETE', key: string, more: Partial<SmallCall> = {}): Promise<Buffer> =>
    smallBytes({ service: 's3', host, method, path: `${root}/${pathOf(key)}`, headers: unsigned, ...more });
  const checked = async (file: Uploaded): Promise<Uploaded> => {
    const problem = sizeProblem(file.bytes);
    if (problem) return { ...file, problem };
    const head = await call('GET', file.key, { headers: { ...unsigned, range: `bytes=0-${headBytes - 1}` } });
    return { ...file, problem: fileProblem(file.name, head.toString('latin1')) };
  };
  const found = async (prefix: string): Promise<Uploaded[]> => {
    const query = { 'list-type': '2', prefix, 'max-keys': '200' };
    const list = { service: 's3', host, method: 'GET', path: root || '/', query, headers: unsigned } as const;
    return listed(await smallCall(list), prefix);
  };
  return {
    /** An upload form that works for an hour and only under `prefix`; afterwards the browser comes back to `backTo`. */
    async form(prefix: string, backTo: string): Promise<UploadForm> {
      const conditions = [{ bucket }, ['content-length-range', 0, takenBytes], ['starts-with', '$key', prefix]];
      const fields = await signed(conditions, { key: `${prefix}\${filename}`, success_action_redirect: backTo }, now());
      return { url: `${protocol}//${hostname}${port ? `:${port}` : ''}${root || '/'}`, fields };
    },

    /** What was uploaded, each with what is wrong with it. */
    async list(prefix: string): Promise<Uploaded[]> {
      // A form that was sent without a file leaves an object without a name.
      const files = (await found(prefix)).filter(({ name }) => name !== '');
      return Promise.all(files.map(checked));
    },

    /** Removes files for good; what is gone already is no failure. */
    async remove(keys: readonly string[]): Promise<void> {
      await Promise.all(keys.map((key) => call('DELETE', key)));
    },

    /** Keeps a small text. */
    async keep(key: string, body: string): Promise<void> {
      await call('PUT', key, { body });
    },

    /** The text that was kept; undefined where there is none. */
    async read(key: string): Promise<string | undefined> {
      const [held] = await found(key);
      return held && (await call('GET', key)).toString('utf8');
    },
  };
};
export type Uploads = ReturnType<typeof uploads>;
