import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of bytes that never changes once it is written. */
export interface Blob {
  readonly id: string;
  readonly bytes: number;
}

/** The bytes of objects, as files. A record in the index makes a blob count; one without a record is swept at the next start. */
export class Blobs {
  private readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  async open(): Promise<void> {
    await mkdir(this.dir, { recursive: true });
  }

  /** Gives `fill` a sink for the bytes; what it wrote is on disk when this resolves, and gone when it failed. */
  async write<T extends { readonly bytes: number }>(
    fill: (sink: (chunk: Buffer) => Promise<unknown>) => Promise<T>,
  ): Promise<readonly [Blob, T]> {
    const id = randomUUID();
    const file = await open(this.path(id), 'wx');
    try {
      const result = await fill((chunk) => file.writeFile(chunk));
      await file.sync();
      await file.close();
      await this.syncFolder();
      return [{ id, bytes: result.bytes }, result];
    } catch (error) {
      await file.close();
      await this.remove([{ id, bytes: 0 }]);
      throw error;
    }
  }

  /** The bytes `from` to `to` (inclusive) of blobs in a row. */
  async *read(blobs: readonly Blob[], from: number, to: number): AsyncGenerator<Buffer> {
    let start = 0;
    for (const { id, bytes } of blobs) {
      const [first, last] = [Math.max(from - start, 0), Math.min(to - start, bytes - 1)];
      start += bytes;
      if (first <= last) yield* createReadStream(this.path(id), { start: first, end: last, highWaterMark: 262_144 });
    }
  }

  /** A second name for each of the same bytes: no copying, and each lives by itself. */
  async copy(blobs: readonly Blob[]): Promise<Blob[]> {
    const copies = await Promise.all(
      blobs.map(async ({ id, bytes }) => {
        const copy = { id: randomUUID(), bytes };
        await link(this.path(id), this.path(copy.id));
        return copy;
      }),
    );
    await this.syncFolder();
    return copies;
  }

  /** A reader that has the file open keeps its bytes. */
  async remove(blobs: readonly Blob[]): Promise<void> {
    await Promise.all(blobs.map(({ id }) => rm(this.path(id), { force: true })));
  }

  /** Removes what a crash left behind. */
  async keepOnly(known: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.dir);
    await this.remove(names.filter((id) => !known.has(id)).map((id) => ({ id, bytes: 0 })));
  }

  private path(id: string): string {
    return join(this.dir, id);
  }

  /** A file's name is on disk when its folder is. */
  private async syncFolder(): Promise<void> {
    const folder = await open(this.dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
