/**
 * A file as it lies ready for the ZIP: `bytes` and `crc32` are of its content, `deflated` its size when it is deflated already. A file
 * without `deflated` is stored as it is.
 */
export interface ZipMember {
  readonly path: string;
  readonly bytes: number;
  readonly crc32: number;
  readonly deflated?: number;
  /** The bytes as they go into the ZIP. */
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** From these on a value does not fit its field: it stands in a ZIP64 field instead. */
const max32 = 0xffffffff;
const max16 = 0xffff;
/** Names are UTF-8. */
const utf8 = 0x0800;
/** 1 January 2000, 00:00: every entry carries the same time, so that the same members give the same bytes. */
const dosTime = 0;
const dosDate = (20 << 9) | (1 << 5) | 1;
/** A plain file that its owner may write and others read, as Unix says it. */
const attributes = 0o100644 * 0x10000;
const madeOnUnix = 3 << 8;

type Field = readonly [size: 2 | 4 | 8, value: number];

const record = (...fields: readonly Field[]): Buffer => {
  const out = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 8) out.writeBigUInt64LE(BigInt(value), at);
    else out.writeUIntLE(value, at, size);
    at += size;
  }
  return out;
};

const sizeIn = ({ bytes, deflated }: ZipMember): number => deflated ?? bytes;
const isLarge = (member: ZipMember): boolean => member.bytes >= max32 || sizeIn(member) >= max32;
const sizes = (member: ZipMember): number[] => (isLarge(member) ? [member.bytes, sizeIn(member)] : []);

/** ZIP64's extra field, with the values that do not fit in the order the format wants. */
const extra = (values: readonly number[]): Buffer =>
  values.length === 0
    ? Buffer.alloc(0)
    : record([2, 1], [2, values.length * 8], ...values.map((value): Field => [8, value]));

const versionFor = (large: boolean): number => (large ? 45 : 20);

/** What the local and the central header share. */
const common = (member: ZipMember, name: Buffer, more: Buffer): readonly Field[] => [
  [2, versionFor(more.length > 0)],
  [2, utf8],
  [2, member.deflated === undefined ? 0 : 8],
  [2, dosTime],
  [2, dosDate],
  [4, member.crc32],
  [4, isLarge(member) ? max32 : sizeIn(member)],
  [4, isLarge(member) ? max32 : member.bytes],
  [2, name.length],
  [2, more.length],
];

const localHeader = (member: ZipMember): Buffer => {
  const name = Buffer.from(member.path);
  const more = extra(sizes(member));
  return Buffer.concat([record([4, 0x04034b50], ...common(member, name, more)), name, more]);
};

const centralHeader = (member: ZipMember, at: number): Buffer => {
  const name = Buffer.from(member.path);
  const more = extra([...sizes(member), ...(at >= max32 ? [at] : [])]);
  const fields: Field[] = [
    [4, 0x02014b50],
    [2, madeOnUnix | versionFor(more.length > 0)],
    ...common(member, name, more),
    // No comment, one disk, no text attribute.
    [2, 0],
    [2, 0],
    [2, 0],
    [4, attributes],
    [4, Math.min(at, max32)],
  ];
  return Buffer.concat([record(...fields), name, more]);
};

/** The record that ZIP64 puts before the end, and the one that says where it is. */
const zip64End = (entries: number, size: number, at: number): Buffer =>
  Buffer.concat([
    record([4, 0x06064b50], [8, 44], [2, madeOnUnix | 45], [2, 45], [4, 0], [4, 0]),
    record([8, entries], [8, entries], [8, size], [8, at]),
    record([4, 0x07064b50], [4, 0], [8, at + size], [4, 1]),
  ]);

const end = (entries: number, size: number, at: number): Buffer => {
  const shown = Math.min(entries, max16);
  const last = record(
    [4, 0x06054b50],
    [4, 0],
    [2, shown],
    [2, shown],
    [4, Math.min(size, max32)],
    [4, Math.min(at, max32)],
    [2, 0],
  );
  const fits = entries < max16 && size < max32 && at < max32;
  return fits ? last : Buffer.concat([zip64End(entries, size, at), last]);
};

/**
 * The bytes of a ZIP whose members are deflated already: it writes headers and copies, and reads each member once, in order. The same
 * members give the same bytes. Throws RangeError when a member is not as long as it says.
 */
export async function* zip(members: Iterable<ZipMember>): AsyncGenerator<Uint8Array> {
  const central: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const header = localHeader(member);
    central.push(centralHeader(member, at));
    yield header;
    let copied = 0;
    for await (const chunk of member.open()) {
      copied += chunk.byteLength;
      yield chunk;
    }
    if (copied !== sizeIn(member)) throw new RangeError('a member of the ZIP is not as long as it says');
    at += header.byteLength + copied;
  }
  const size = central.reduce((sum, { byteLength }) => sum + byteLength, 0);
  yield* central;
  yield end(central.length, size, at);
}
