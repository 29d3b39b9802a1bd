import { ClassicLevel } from 'classic-level';
import type { Change, Range, Store } from './service.ts';

/** The store of the local cloud with the file handle behind it. */
export interface OpenStore extends Store {
  /** Writes what is still under way, then frees the folder. */
  close(): Promise<void>;
}

type Write = { readonly type: 'put'; readonly key: string; readonly value: string } | { type: 'del'; key: string };

/** Opens the store in a folder, which is made when it is not there. Rejects when another process holds it. */
export async function openStore(dir: string): Promise<OpenStore> {
  const level = new ClassicLevel<string, string>(dir, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await level.open().catch((error: Error) => {
    const cause = error.cause as (Error & { code?: string }) | undefined;
    const reason = cause?.code === 'LEVEL_LOCKED' ? 'another process uses it' : (cause ?? error).message;
    throw new Error(`${dir} can't be opened: ${reason}`, { cause: error });
  });
  const write = groupCommit(level);
  const close = async () => {
    await write([]).catch(() => {});
    await level.close();
  };
  return { ...storeUnder('', level, write), close };
}

/** One fsync for all writes that came in while the last one was on its way: an fsync costs the same for one as for a hundred. */
function groupCommit(level: ClassicLevel): (writes: readonly Write[]) => Promise<void> {
  let waiting: Write[] = [];
  let flushing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const flush = () => {
    const flushed = level.batch(waiting, { sync: true });
    waiting = [];
    next = undefined;
    flushing = flushed.catch(() => {});
    return flushed;
  };
  return (writes) => {
    waiting.push(...writes);
    next ??= flushing.then(flush);
    return next;
  };
}

const rethrow = (error: Error): never => {
  throw error;
};

function parsedOr<T>(broken: (error: Error) => void, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    broken(error as Error);
    return undefined;
  }
}

/** So many entries are read at once. */
const chunk = 100;

/** Own keys stand under the prefix and U+0001, stores of their own under the prefix, their name and U+0000. */
function storeUnder(prefix: string, level: ClassicLevel, write: ReturnType<typeof groupCommit>): Store {
  const path = (key: string) => `${prefix}\u0001${key}`;
  const afterOwn = `${prefix}\u0002`;
  const parse = <T>(at: string, text: string): T => {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const place = JSON.stringify(at.replaceAll('\u0000', '/').replace('\u0001', ''));
      throw new Error(`store: the record ${place} is broken`, { cause });
    }
  };
  const written = (change: Change): Write => {
    const key = path(change.key);
    if (change.type === 'del') return { type: 'del', key };
    const value = JSON.stringify(change.value);
    if (value === undefined) throw new Error(`store: ${change.key} can't be kept: its value is not JSON`);
    return { type: 'put', key, value };
  };
  const batch: Store['batch'] = async (changes) => {
    if (changes.length > 0) await write(changes.map(written));
  };
  return {
    batch,
    put: (key, value) => batch([{ type: 'put', key, value }]),
    del: (key) => batch([{ type: 'del', key }]),
    async get<T>(key: string) {
      // Answered from memory nearly always: a thread would take longer than the read.
      const text = level.getSync(path(key));
      return text === undefined ? undefined : parse<T>(path(key), text);
    },
    async *entries<T>({ gte = '', lt, reverse = false, limit = -1, broken = rethrow }: Range = {}) {
      const range = { gte: path(gte), lt: lt === undefined ? afterOwn : path(lt), reverse, limit };
      const iterator = level.iterator(range);
      try {
        for (let some = await iterator.nextv(chunk); some.length > 0; some = await iterator.nextv(chunk))
          for (const [at, text] of some) {
            const value = parsedOr(broken, () => parse<T>(at, text));
            if (value !== undefined) yield [at.slice(path('').length), value] as const;
          }
      } finally {
        await iterator.close();
      }
    },
    sub(name) {
      if (name === '' || [...name].some((character) => character < ' '))
        throw new Error(`store: ${JSON.stringify(name)} can't be a name`);
      return storeUnder(`${prefix}${name}\u0000`, level, write);
    },
  };
}
