import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand, ScanCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { temporaryFolder } from './signed-gateway.ts';

/** Kills of one run; each restart reads what the one before left. */
const kills = 8;
const items = ['a', 'b', 'c', 'd', 'e'];

/** Milliseconds of writing before each kill: pseudo-random, the same in every run. */
function* instants(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state % 250;
  }
}

async function startDatabase(dir: string) {
  const child = spawn(process.execPath, ['test/local/dynamodb-killed.ts', dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { kill, client: new DynamoDBClient({ ...JSON.parse(line), maxAttempts: 1 }), [Symbol.asyncDispose]: kill };
}

const write = (client: DynamoDBClient, round: number) =>
  client.send(
    new TransactWriteItemsCommand({
      TransactItems: items.map((pk) => ({
        Put: { TableName: 'Rounds', Item: { pk: { S: pk }, round: { S: String(round) } } },
      })),
    }),
  );

/** Writes round after round until the database is gone; answers the last that it confirmed. */
async function writeUntilKilled(client: DynamoDBClient, from: number): Promise<number> {
  for (let round = from; ; round += 1) {
    try {
      await write(client, round);
    } catch {
      return round - 1;
    }
  }
}

async function rounds(client: DynamoDBClient): Promise<string[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'Rounds', ConsistentRead: true }));
  return Items.map(({ round }) => round?.S ?? '');
}

async function inIndex(client: DynamoDBClient, round: string): Promise<number> {
  const { Count = 0 } = await client.send(
    new QueryCommand({
      TableName: 'Rounds',
      IndexName: 'Round',
      KeyConditionExpression: 'round = :round',
      ExpressionAttributeValues: { ':round': { S: round } },
    }),
  );
  return Count;
}

test('a transaction is there whole or not at all when the process is killed at any instant', {
  timeout: 60_000,
}, async () => {
  using folder = temporaryFolder('dynamodb-kill');
  const wait = instants(20_261_124);
  let confirmed = 0;
  for (let n = 0; n < kills; n += 1) {
    await using before = await startDatabase(folder.path);
    await write(before.client, confirmed + 1);
    const writing = writeUntilKilled(before.client, confirmed + 2);
    await sleep(wait.next().value as number);
    [confirmed] = await Promise.all([writing, before.kill()]);

    await using after = await startDatabase(folder.path);
    const [round = '', ...others] = [...new Set(await rounds(after.client))];
    expect(others).toEqual([]);
    expect([confirmed, confirmed + 1]).toContain(Number(round));
    expect(await inIndex(after.client, round)).toBe(items.length);
    confirmed = Number(round);
    await after.kill();
  }
  expect(confirmed).toBeGreaterThan(2 * kills);
});
