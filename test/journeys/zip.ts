import { createHash } from 'node:crypto';
import { fromBuffer } from 'yauzl';

/** A ZIP's entries by path. */
export const unzip = (zip: Buffer): Promise<Map<string, Buffer>> =>
  new Promise((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (failed, file) => {
      if (failed || !file) return reject(failed);
      const entries = new Map<string, Buffer>();
      file.on('error', reject);
      file.on('end', () => resolve(entries));
      file.on('entry', (entry: { fileName: string }) => {
        file.openReadStream(entry as never, (error, stream) => {
          if (error || !stream) return reject(error);
          const parts: Buffer[] = [];
          stream.on('data', (part: Buffer) => parts.push(part));
          stream.on('end', () => {
            entries.set(entry.fileName, Buffer.concat(parts));
            file.readEntry();
          });
        });
      });
      file.readEntry();
    });
  });

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Records of a collection's JSON file, whichever folder number its system has. */
export const recordsOf = (
  entries: ReadonlyMap<string, Buffer>,
  system: string,
  collection: string,
): Record<string, unknown>[] => {
  const path = [...entries.keys()].find((name) => name.endsWith(`-${system}/${collection}.json`));
  if (!path) return [];
  return (JSON.parse((entries.get(path) as Buffer).toString('utf8')) as { records: Record<string, unknown>[] }).records;
};
