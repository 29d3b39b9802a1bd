import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Connector } from '../domain/connector.ts';
import type { Request } from '../domain/request.ts';
import type { EvidenceFiles } from '../functions/aws/evidence.ts';
import { filesIn } from '../functions/aws/files.ts';
import { gatherCollection } from '../functions/lib/gathering.ts';
import { rowsAPage, rowsFrom } from '../functions/lib/row-page.ts';
import { startLocalAws } from '../test/connectors/local-aws.ts';
import { collectionOf } from '../test/connectors/systems.ts';
import { oneRun } from './one-run.ts';

// A page of the DPO's review of 1,000, 50,000 and 1,000,000 rows of 300 bytes: how many bytes and requests it takes from the bucket, at the
// beginning, in the middle and at the end. Counted, so that a busy machine changes nothing; the time is printed beside.

const sizes = [1_000, 50_000, 1_000_000] as const;
/** Of any page, whatever the collection's size: one read of the index and one of a piece. */
const mostRequests = 2;
/** Of one piece: 64 KiB of text, deflated, with some room. */
const mostPiece = 70_000;

const email = 'anna@example.org';
const collection = collectionOf({ fields: ['id', 'owner', 'text'], identity: { email: 'owner' } });
const words = 'kunden ringede om sin ordre og ville vide hvornår pakken kommer'.split(' ');
const sentence = (n: number): string =>
  Array.from({ length: 40 }, (_, at) => words[(n * 7 + at * (n % 13)) % words.length]).join(' ');

const source = (count: number): Connector => ({
  async *find() {
    for (let at = 0; at < count; at += 1_000) {
      yield {
        found: Array.from({ length: 1_000 }, (_, n) => ({ row: { id: at + n, owner: email, text: sentence(at + n) } })),
      };
    }
  },
  check: async () => {},
});

let requests = 0;
subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  if (request.method === 'GET') requests += 1;
});

const aws = await startLocalAws();
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const client = new S3Client({ endpoint: aws.endpoint, region: 'eu-west-1', credentials, forcePathStyle: true });
const files = filesIn('demo-support-attachments', client);

let read = 0;
const get = async (Key: string, Range?: string): Promise<Buffer> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'demo-support-attachments', Key, Range }));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  read += bytes.length;
  return bytes;
};
const evidence: EvidenceFiles = {
  readAll: get,
  readText: async (key) => (await get(key)).toString('utf8'),
  readPart: (key, from, before) => get(key, `bytes=${from}-${before - 1}`),
};

let over = 0;
for (const size of sizes) {
  const request = { language: 'en', evidence: `bench/${size}`, person: { email } } as unknown as Request;
  const place = { request, attempt: 'a', system: 'shop', systems: ['shop'], files };
  const inputs = [{ field: 'owner', from: 'identity.email' }];
  const ask = { name: 'held', inputs, gives: [] };
  const { files: written } = await gatherCollection(place, source(size), collection, ask, await oneRun(request, files));
  const json = written.find(({ path }) => path.endsWith('.json'));
  if (!json) throw new Error('no table');
  for (const from of [0, size / 2, size - 1]) {
    [requests, read] = [0, 0];
    const began = performance.now();
    const { rows, total } = await rowsFrom(evidence, request.evidence, json, from);
    const ms = performance.now() - began;
    if (total !== size || rows[0]?.id !== from || rows.length > rowsAPage) throw new Error(`not the rows from ${from}`);
    if (requests > mostRequests || read > mostPiece + size / 8) over += 1;
    console.log(
      `${String(size).padStart(9)} rows, from ${String(from).padStart(7)}: ${requests} requests, ${read} bytes of ${json.packed?.bytes}, ${ms.toFixed(0)} ms`,
    );
  }
}
client.destroy();
await aws.close();
console.log(`pages of the review: ${over} over their limit`);
process.exitCode = over > 0 ? 1 : 0;
