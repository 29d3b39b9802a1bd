import { ClassicLevel } from 'classic-level';
import type { Store } from './service.ts';

/** The store of the local cloud with the file handle behind it. */
export interface OpenStore extends Store {
  /** Writes what is still under way, then frees the folder. */
  close(): Promise<void>;
}

type Write = { readonly type: 'put'; readonly key: string; readonly value: string } | { type: 'del'; key: string };
type Change = Parameters<Store['batch']>[0][number];

/** Opens the store in a folder, which is made when it is not there. Rejects when another process holds it. */
export async function openStore(dir: string): Promise<OpenStore> {
  const level = new ClassicLevel<string, string>(dir, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await level.open().catch((error: Error) => {
    throw new Error(`${dir} can't be opened: ${reasonOf(error)}`, { cause: error });
  });
  const log = new GroupCommit(level);
  const close = async () => {
    await log.settled();
    await level.close();
  };
  return Object.assign(new LevelStore(level, log, ''), { close });
}

function reasonOf({ cause, message }: Error): string {
  const locked = cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
  if (locked) return 'another process uses it';
  return cause instanceof Error ? cause.message : message;
}

/** One fsync for all writes that came in while the last one was on its way: an fsync costs the same for one as for a hundred. */
class GroupCommit {
  private readonly level: ClassicLevel;
  private waiting: Write[] = [];
  private flushing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(level: ClassicLevel) {
    this.level = level;
  }

  /** Resolves when the writes are on disk, all or none. */
  write(writes: readonly Write[]): Promise<void> {
    this.waiting.push(...writes);
    this.next ??= this.flushing.then(() => this.flush());
    return this.next;
  }

  private flush(): Promise<void> {
    const writes = this.waiting;
    this.waiting = [];
    this.next = undefined;
    const flushed = this.level.batch(writes, { sync: true });
    this.flushing = flushed.catch(() => {});
    return flushed;
  }

  async settled(): Promise<void> {
    await this.next;
    await this.flushing;
  }
}

/** Own keys stand under the prefix and U+0001, stores of their own under the prefix, their name and U+0000. */
const own = '\u0001';
const afterOwn = '\u0002';

class LevelStore implements Store {
  private readonly level: ClassicLevel;
  private readonly log: GroupCommit;
  private readonly prefix: string;

  constructor(level: ClassicLevel, log: GroupCommit, prefix: string) {
    this.level = level;
    this.log = log;
    this.prefix = prefix;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const text = await this.level.get(this.path(key));
    return text === undefined ? undefined : this.parse<T>(key, text);
  }

  put(key: string, value: unknown): Promise<void> {
    return this.batch([{ type: 'put', key, value }]);
  }

  del(key: string): Promise<void> {
    return this.batch([{ type: 'del', key }]);
  }

  async batch(changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) await this.log.write(changes.map((change) => this.written(change)));
  }

  async *entries<T>(range: Parameters<Store['entries']>[0] = {}): AsyncGenerator<readonly [string, T]> {
    const { gte = '', lt, reverse = false, limit = -1 } = range;
    const end = lt === undefined ? this.prefix + afterOwn : this.path(lt);
    for await (const [path, text] of this.level.iterator({ gte: this.path(gte), lt: end, reverse, limit })) {
      const key = path.slice(this.prefix.length + own.length);
      yield [key, this.parse<T>(key, text)] as const;
    }
  }

  sub(name: string): Store {
    if (name === '' || [...name].some((character) => character < ' '))
      throw new Error(`store: ${JSON.stringify(name)} can't be a name`);
    return new LevelStore(this.level, this.log, `${this.prefix}${name}\u0000`);
  }

  private path(key: string): string {
    return this.prefix + own + key;
  }

  private written(change: Change): Write {
    if (change.type === 'del') return { type: 'del', key: this.path(change.key) };
    const value = JSON.stringify(change.value);
    if (value === undefined) throw new Error(`store: ${change.key} can't be kept: its value is not JSON`);
    return { type: 'put', key: this.path(change.key), value };
  }

  private parse<T>(key: string, text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const place = JSON.stringify(this.prefix.replaceAll('\u0000', '/') + key);
      throw new Error(`store: the record ${place} is broken`, { cause });
    }
  }
}
