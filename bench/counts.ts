import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { peopleToTry } from '../demo/people.ts';
import { answerTask, approve, ask, download, prove, start } from '../test/journeys/access.ts';
import { logOf } from '../test/journeys/permissions.ts';
import { openWorld } from '../test/journeys/world.ts';

// What one access request of the demo costs on its happy path, counted: every call that its functions make passes the local cloud's AWS
// port, where this process reads along. Sizes and units follow DynamoDB's rules (item sizes, 1 KB a write, 4 KB a read, twice in a
// transaction); an update in place is taken as one unit, as every item that is updated is below 1 KB.

interface AwsCall {
  readonly service: string;
  readonly operation: string;
  readonly asked: string;
  answered: string;
}

const calls: AwsCall[] = [];

/** Collects what passes through a stream's method without touching it. */
const along = (stream: object, method: 'push' | 'write' | 'end', take: (text: string) => void): void => {
  const target = stream as Record<string, (...args: unknown[]) => unknown>;
  const original = target[method] as (...args: unknown[]) => unknown;
  target[method] = (...args) => {
    const [chunk] = args;
    if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) take(chunk.toString());
    return original.apply(stream, args);
  };
};

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  const { headers, method = '', url = '' } = request;
  const scope = /Credential=([^/]+)\/[^/]+\/[^/]+\/([^/]+)/.exec(`${headers.authorization ?? ''}`);
  // A person at this machine signs as `local`: what they do is no part of the request.
  if (!scope || scope[1] === 'local') return;
  const target = `${headers['x-amz-target'] ?? ''}`.split('.').at(-1);
  const call = {
    service: scope[2] ?? '',
    operation: target || `${method} ${url.split('?')[0]}`,
    asked: '',
    answered: '',
  };
  calls.push(call);
  if (call.service === 's3') return;
  along(request, 'push', (text) => {
    call.asked += text;
  });
  for (const method of ['write', 'end'] as const)
    along(response, method, (text) => {
      call.answered += text;
    });
});

type Value = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Value>>;

const sizeOfValue = (value: Value): number => {
  const [[type, held] = ['', '']] = Object.entries(value);
  if (type === 'S') return Buffer.byteLength(held as string);
  if (type === 'N') return Math.ceil((held as string).length / 2) + 1;
  if (type === 'M') return 3 + sizeOf(held as Item) + Object.keys(held as Item).length;
  if (type === 'L') return 3 + (held as Value[]).reduce((sum, each) => sum + sizeOfValue(each) + 1, 0);
  return 1;
};
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);

const kilobytes = (bytes: number, each: number): number => Math.max(1, Math.ceil(bytes / 1024 / each));
const ofIndex = (item: Item): number => ('dueShard' in item ? 1 : 0);

interface Units {
  readonly write: number;
  readonly index: number;
  readonly read: number;
}
const none: Units = { write: 0, index: 0, read: 0 };
type Asked = Readonly<{
  Item: Item;
  ConsistentRead?: boolean;
  TransactItems: readonly { readonly Put?: { readonly Item: Item } }[];
}>;
type Answered = Readonly<{ Items?: readonly Item[]; Item?: Item }>;

const unitsOf: Readonly<Record<string, (asked: Asked, answered: Answered) => Units>> = {
  PutItem: ({ Item }) => ({ ...none, write: kilobytes(sizeOf(Item), 1), index: ofIndex(Item) }),
  UpdateItem: () => ({ ...none, write: 1, index: 1 }),
  TransactWriteItems: ({ TransactItems }) => ({
    ...none,
    write: TransactItems.reduce((sum, { Put }) => sum + 2 * (Put ? kilobytes(sizeOf(Put.Item), 1) : 1), 0),
    index: TransactItems.reduce((sum, { Put }) => sum + (Put ? ofIndex(Put.Item) : 0), 0),
  }),
  GetItem: (_, { Item }) => ({ ...none, read: kilobytes(Item ? sizeOf(Item) : 0, 4) }),
  Query: ({ ConsistentRead }, { Items = [] }) => {
    const whole = kilobytes(
      Items.reduce((sum, item) => sum + sizeOf(item), 0),
      4,
    );
    return { ...none, read: ConsistentRead ? whole : whole / 2 };
  },
};

const total = (of: readonly Units[]): Units =>
  of.reduce((a, b) => ({ write: a.write + b.write, index: a.index + b.index, read: a.read + b.read }), none);

const tally = (of: readonly AwsCall[]): string => {
  const counts = new Map<string, number>();
  for (const { operation } of of) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return [...counts].map(([name, n]) => `${n} ${name}`).join(', ');
};

const world = await openWorld();
const before = calls.length;
const email = peopleToTry.everywhere;
const { reference } = await ask(world, { name: 'Mette Kjærgaard', email });
await prove(world, email, reference);
await start(world, reference);
await answerTask(world, reference, 'found', 'Kasse 12, mappe 3.');
await approve(world, reference);
await download(world, email, reference);
await world.quiet();
await sleep(200);

const mine = calls.slice(before);
const of = (service: string) => mine.filter((call) => call.service === service);
const own = of('dynamodb').filter(({ asked }) => asked.includes('PrivacyDemo-'));
const units = total(
  own.map(({ operation, asked, answered }) => unitsOf[operation]?.(JSON.parse(asked), JSON.parse(answered)) ?? none),
);
const executions = await world.executions();
const histories = await Promise.all(executions.map(({ name }) => world.history(name)));
const transitions = histories.flat().filter(({ type }) => type.endsWith('StateEntered')).length;
const mails = await world.mails();
const reports = logOf(world.state, '').match(/^REPORT RequestId/gm)?.length ?? 0;
const s3 = of('s3').map((call) => ({ ...call, operation: call.operation.split(' ')[0] ?? '' }));

console.log(`one access request, six systems in three waves, one of them a person; Node ${process.version}`);
console.log(`  executions               ${executions.length}`);
console.log(`  state transitions        ${transitions}  (every StateEntered)`);
console.log(`  Lambda invocations       ${reports}  (pages included)`);
console.log(`  DynamoDB write units     ${units.write}, and at most ${units.index} on the index`);
console.log(`  DynamoDB read units      ${units.read}`);
console.log(`  DynamoDB calls           ${own.length}: ${tally(own)}`);
console.log(`  S3 requests              ${s3.length}: ${tally(s3)}`);
console.log(`  mails                    ${mails.length}`);
console.log(`  SNS publishes            ${of('sns').length}`);
console.log(`  KMS calls                ${of('kms').length}`);
console.log(`  secrets read             ${of('secretsmanager').length}`);
console.log(`  the systems' own reads   ${of('dynamodb').length - own.length} DynamoDB`);
await world.close();
