import type { BucketDefinition, Entry, Objects, Version } from './s3-objects.ts';
import type { Xml } from './s3-xml.ts';
import { AwsError } from './service.ts';

interface Page {
  readonly objects: readonly (readonly [key: string, version: Version])[];
  readonly prefixes: readonly string[];
  /** Where the next page begins. */
  readonly next?: string;
}

/** The longest page of S3. */
const most = 1000;

/** What ListObjectsV2 answers. */
export async function listObjects(objects: Objects, bucket: BucketDefinition, query: URLSearchParams): Promise<Xml> {
  const asked = (name: string) => query.get(name) ?? '';
  const maxKeys = Math.min(query.has('max-keys') ? numberOf(asked('max-keys')) : most, most);
  const token = asked('continuation-token');
  const after = token === '' ? asked('start-after') : afterToken(token);
  const page = await pageOf(objects.entries(bucket, firstKey(asked('prefix'), after)), {
    prefix: asked('prefix'),
    delimiter: asked('delimiter'),
    after,
    maxKeys,
  });
  const name = asked('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  return {
    Name: bucket.name,
    Prefix: name(asked('prefix')),
    Delimiter: query.has('delimiter') ? name(asked('delimiter')) : undefined,
    StartAfter: query.has('start-after') ? name(asked('start-after')) : undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    ContinuationToken: token || undefined,
    NextContinuationToken: page.next === undefined ? undefined : Buffer.from(page.next).toString('base64url'),
    KeyCount: page.objects.length + page.prefixes.length,
    MaxKeys: maxKeys,
    IsTruncated: page.next !== undefined,
    Contents: page.objects.map(([key, version]) => described(name(key), version)),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  };
}

function described(Key: string, { at, etag, bytes }: Version): Xml {
  const LastModified = new Date(at).toISOString();
  return { Key, LastModified, ETag: `"${etag}"`, Size: bytes, StorageClass: 'STANDARD' };
}

function numberOf(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
}

function afterToken(token: string): string {
  const after = Buffer.from(token, 'base64url').toString('utf8');
  if (after !== '') return after;
  throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
}

/** Keys are in the order of their UTF-8 bytes, as the index is. */
const before = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
const firstKey = (prefix: string, after: string) => (before(prefix, after) ? after : prefix);

interface Ask {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly maxKeys: number;
}

async function pageOf(entries: AsyncIterable<readonly [string, Entry]>, ask: Ask): Promise<Page> {
  const objects: [string, Version][] = [];
  const prefixes: string[] = [];
  let last = '';
  for await (const [key, { versions }] of entries) {
    if (!key.startsWith(ask.prefix)) break;
    const [version] = versions;
    const common = commonPrefix(key, ask);
    const isListed = common !== undefined && common === prefixes.at(-1);
    if (version === undefined || version.marker || isListed || isPast(key, common, ask.after)) continue;
    if (objects.length + prefixes.length >= ask.maxKeys) return { objects, prefixes, ...(last && { next: last }) };
    if (common === undefined) objects.push([key, version]);
    else prefixes.push(common);
    last = common ?? key;
  }
  return { objects, prefixes };
}

/** What a key shares with others up to the delimiter, or undefined when it stands for itself. */
function commonPrefix(key: string, { prefix, delimiter }: Ask): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Whether a key was in an earlier page, itself or under its common prefix. */
const isPast = (key: string, common: string | undefined, after: string) =>
  after !== '' && (key === after || before(key, after) || common === after);

/** What ListObjectVersions answers: everything at once, up to 1,000 versions; more is refused rather than left out. */
export async function listVersions(objects: Objects, bucket: BucketDefinition, query: URLSearchParams): Promise<Xml> {
  const prefix = query.get('prefix') ?? '';
  const all: { readonly key: string; readonly version: Version; readonly isLatest: boolean }[] = [];
  for await (const [key, { versions }] of objects.entries(bucket, prefix)) {
    if (!key.startsWith(prefix)) break;
    all.push(...versions.map((version, n) => ({ key, version, isLatest: n === 0 })));
    if (all.length > most)
      throw new AwsError('NotImplemented', 'The local cloud does not model a second page of versions.', 501);
  }
  const of = (isMarker: boolean) => all.filter(({ version }) => (version.marker === true) === isMarker);
  return {
    Name: bucket.name,
    Prefix: prefix,
    MaxKeys: most,
    IsTruncated: false,
    Version: of(false).map(({ key, version, isLatest }) => ({
      ...(described(key, version) as object),
      VersionId: version.id,
      IsLatest: isLatest,
    })),
    DeleteMarker: of(true).map(({ key, version, isLatest }) => ({
      Key: key,
      VersionId: version.id,
      IsLatest: isLatest,
      LastModified: new Date(version.at).toISOString(),
    })),
  };
}
