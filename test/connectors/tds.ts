import net from 'node:net';

/**
 * A stand-in for SQL Server: it speaks enough of TDS 7.4 for a driver to log in and run one statement with parameters. What the
 * statement means is the test's business. SQL Server itself runs on no free machine.
 */
export interface TdsStatement {
  readonly text: string;
  readonly parameters: readonly string[];
}

export interface TdsAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** A message's number of SQL Server, instead of rows. */
  readonly error?: number;
}

const ucs2 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const u8 = (value: number) => Buffer.from([value]);
const u16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
};
const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const short = (text: string) => Buffer.concat([u8(text.length), ucs2(text)]);
const long = (text: string) => Buffer.concat([u16(text.length), ucs2(text)]);
const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

const done = (rows: number) => Buffer.concat([u8(0xfd), u16(0x10), u16(0xc1), u32(rows), u32(0)]);
const prelogin = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]);

const loggedIn = (() => {
  const body = Buffer.concat([u8(1), Buffer.from([0x74, 0, 0, 4]), short('Stand-in'), Buffer.from([16, 0, 0, 0])]);
  return Buffer.concat([u8(0xad), u16(body.length), body, done(0)]);
})();

const failed = (number: number): Buffer => {
  const body = Buffer.concat([
    u32(number),
    u8(1),
    u8(16),
    long('a message with a value'),
    short('s'),
    short(''),
    u32(1),
  ]);
  return Buffer.concat([
    u8(0xaa),
    u16(body.length),
    body,
    Buffer.concat([u8(0xfd), u16(2), u16(0xc1), u32(0), u32(0)]),
  ]);
};

const answered = ({ columns, rows, error }: TdsAnswer): Buffer => {
  if (error !== undefined) return failed(error);
  const described = columns.flatMap((name) => [u32(0), u16(1), u8(0xe7), u16(8_000), collation, short(name)]);
  const cells = (row: readonly string[]) => row.flatMap((text) => [u16(text.length * 2), ucs2(text)]);
  const rowTokens = rows.flatMap((row) => [u8(0xd1), ...cells(row)]);
  return Buffer.concat([u8(0x81), u16(columns.length), ...described, ...rowTokens, done(rows.length)]);
};

const packetsOf = (message: Buffer): Buffer[] => {
  const size = 4_000;
  const count = Math.max(1, Math.ceil(message.length / size));
  return Array.from({ length: count }, (_, index) => {
    const part = message.subarray(index * size, (index + 1) * size);
    const head = Buffer.from([4, index === count - 1 ? 1 : 0, 0, 0, 0, 0, index % 256, 0]);
    head.writeUInt16BE(part.length + 8, 2);
    return Buffer.concat([head, part]);
  });
};

/** Reads the parameters of a call of sp_executesql: the statement, the list of parameters, their values. */
const statementIn = (message: Buffer): TdsStatement => {
  let at = message.readUInt32LE(0) + 6;
  const texts: string[] = [];
  while (at < message.length) {
    at += 1 + message.readUInt8(at) * 2 + 1;
    if (message.readUInt8(at) !== 0xe7) throw new Error('only nvarchar is spoken here');
    const most = message.readUInt16LE(at + 1);
    at += 8;
    if (most === 0xffff) {
      at += 8;
      const parts: Buffer[] = [];
      for (let size = message.readUInt32LE(at); size > 0; size = message.readUInt32LE(at)) {
        parts.push(message.subarray(at + 4, at + 4 + size));
        at += 4 + size;
      }
      at += 4;
      texts.push(Buffer.concat(parts).toString('utf16le'));
    } else {
      const size = message.readUInt16LE(at);
      texts.push(message.subarray(at + 2, at + 2 + size).toString('utf16le'));
      at += 2 + size;
    }
  }
  const [text = '', , ...parameters] = texts;
  return { text, parameters };
};

/** Starts the stand-in on a free port. `answer` decides what a statement gives. */
export const startTds = async (answer: (statement: TdsStatement) => TdsAnswer) => {
  const server = net.createServer((socket) => {
    let held = Buffer.alloc(0);
    let message = Buffer.alloc(0);
    const send = (body: Buffer) => packetsOf(body).forEach((packet) => void socket.write(packet));
    const take = (type: number): void => {
      if (type === 0x12) send(prelogin);
      else if (type === 0x10) send(loggedIn);
      else if (type === 0x03) send(answered(answer(statementIn(message))));
      else send(done(0));
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 8 && held.length >= held.readUInt16BE(2)) {
        const size = held.readUInt16BE(2);
        message = Buffer.concat([message, held.subarray(8, size)]);
        const [type = 0, status = 0] = held;
        held = held.subarray(size);
        if ((status & 1) === 0) continue;
        take(type);
        message = Buffer.alloc(0);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  return { port, stop: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
};
