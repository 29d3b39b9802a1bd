import { setTimeout as sleep } from 'node:timers/promises';
import type { Connector, Found } from '../domain/connector.ts';
import type { Request } from '../domain/request.ts';
import type { Files } from '../functions/aws/files.ts';
import { gatherCollection } from '../functions/lib/gathering.ts';
import { collectionOf } from '../test/connectors/systems.ts';
import { oneRun } from './one-run.ts';

// 800 documents of one system, each of which takes 20 ms to read and 20 ms to write, as over a network. Printed is the time they take
// together, in terms of one after another.

const documents = 800;
const waitMs = 20;
const mostShare = 0.2;

const email = 'anna@example.org';
const file = (id: number): Found => ({
  row: { id: `${id}`, email },
  documents: [
    {
      name: `${id}.txt`,
      contentType: 'text/plain',
      size: 5,
      async *open() {
        await sleep(waitMs);
        yield Buffer.from('bytes');
      },
    },
  ],
});
const source: Connector = {
  async *find() {
    yield { found: Array.from({ length: documents }, (_, id) => file(id)) };
  },
  check: async () => {},
};

const read = async (content: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> => {
  for await (const _ of content);
};
const written = { bytes: 5, sha256: '0'.repeat(64), crc32: 0 };
const files = {
  write: async (_: string, content: AsyncIterable<Uint8Array>) => {
    await read(content);
    await sleep(waitMs);
    return written;
  },
  pack: async (_: string, content: AsyncIterable<unknown>) => {
    await read(content);
    return { ...written, packed: written };
  },
  packInPieces: async (_: string, content: AsyncIterable<unknown>) => {
    await read(content);
    return { ...written, packed: written, pieces: [] };
  },
  writeText: async () => {},
} as unknown as Files;

const request = { language: 'en', evidence: 'e', person: { email } } as unknown as Request;
const place = { request, attempt: 'a', system: 's', systems: ['s'], files };
const collection = collectionOf({ fields: ['id', 'email'], identity: { email: 'email' } });
const inputs = [{ field: 'email', from: 'identity.email' }];
const start = performance.now();
await gatherCollection(place, source, collection, { name: 'files', inputs, gives: [] }, await oneRun(request, files));
const share = (performance.now() - start) / (documents * waitMs * 2);
console.log(`${documents} documents: ${share.toFixed(3)} of one after another, at most ${mostShare}`);
if (share > mostShare) process.exitCode = 1;
