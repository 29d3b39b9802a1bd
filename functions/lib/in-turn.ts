import type { Found, FoundDocument } from '../../domain/connector.ts';
import type { StoredFile } from '../../domain/request.ts';

/** Documents that are written at once, of rows that follow each other. */
const atOnce = 8;
/** Bytes up to which a document is small: a larger one takes several parts of an upload in memory, and is written alone. */
const small = 1_048_576;

const roomOf = ({ size }: FoundDocument): number => (size !== undefined && size <= small ? 1 : atOnce);

interface Begun {
  readonly found: Found;
  readonly room: number;
  readonly files: Promise<readonly StoredFile[]>;
}

/**
 * Takes rows in as they came, and writes the documents of those that wait for their turn at the same time: to write each costs a round trip
 * to the bucket. `write` writes those of one row, one after another.
 */
export const inTurn = (
  write: (found: Found) => Promise<readonly StoredFile[]>,
  takeIn: (found: Found, files: readonly StoredFile[]) => Promise<void>,
) => {
  const line: Begun[] = [];
  const room = () => line.reduce((sum, each) => sum + each.room, 0);
  const next = async (): Promise<void> => {
    const [first] = line;
    if (!first) return;
    const files = await first.files;
    line.shift();
    await takeIn(first.found, files);
  };
  return {
    async take(found: Found): Promise<void> {
      const { documents = [] } = found;
      if (documents.length === 0 && line.length === 0) return takeIn(found, []);
      const wanted = Math.max(0, ...documents.map(roomOf));
      while (line.length > 0 && room() + wanted > atOnce) await next();
      const files = write(found);
      // Whoever takes the row in gets the failure.
      files.catch(() => undefined);
      line.push({ found, room: wanted, files });
      while (room() >= atOnce) await next();
    },
    /** Takes in all that wait. */
    async end(): Promise<void> {
      while (line.length > 0) await next();
    },
    /** All end before a failure is told: a call left behind would wake up in another run. */
    leave: () => Promise.allSettled(line.map(({ files }) => files)),
  };
};
