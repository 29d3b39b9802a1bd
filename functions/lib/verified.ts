import { createHash } from 'node:crypto';
import { ManifestMismatch } from '../../domain/errors.ts';

/** Lets bytes through and fails at the end when their SHA-256 is another than the one approved. */
export async function* verified(source: AsyncIterable<Uint8Array>, wanted: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== wanted) throw new ManifestMismatch('a file is not the approved one');
}
