import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { ManifestMismatch } from '../../domain/errors.ts';

/** Lets bytes through and fails at the end when their SHA-256 is another than the one approved. */
export const hashing = (wanted: string): Transform => {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === wanted ? null : new ManifestMismatch('a file is not the approved one'));
    },
  });
};
