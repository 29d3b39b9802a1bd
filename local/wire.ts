/** The bytes of a request, taken up to a mark or by number; never more in memory than one chunk and one mark. */
export class Wire {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly onEnd: () => Error;
  private rest: Buffer;

  /** `onEnd` makes the error for a request that ends too early; `first` is put before its bytes. */
  constructor(source: AsyncIterable<Buffer>, onEnd: () => Error, first: Buffer = Buffer.alloc(0)) {
    this.chunks = source[Symbol.asyncIterator]();
    this.onEnd = onEnd;
    this.rest = first;
  }

  /** What comes before the mark; the mark is taken too. */
  async *until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.rest.indexOf(mark);
      const ready = at >= 0 ? at : Math.max(0, this.rest.length - mark.length + 1);
      if (ready > 0) yield this.rest.subarray(0, ready);
      this.rest = this.rest.subarray(at >= 0 ? at + mark.length : ready);
      if (at >= 0) return;
      await this.more();
    }
  }

  /** Exactly so many bytes. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.rest.length === 0) await this.more();
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** What comes before the mark as text. Throws what `onLong` makes when it is longer than `most` bytes. */
  async text(mark: Buffer, most: number, onLong: () => Error): Promise<string> {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of this.until(mark)) {
      size += part.length;
      if (size > most) throw onLong();
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  }

  private async more(): Promise<void> {
    const { value, done } = await this.chunks.next();
    if (done) throw this.onEnd();
    this.rest = this.rest.length === 0 ? value : Buffer.concat([this.rest, value]);
  }
}
