import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AttributeValue, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Served, World } from './world.ts';

/** What is armed at the AWS endpoint; local/faults.ts says what each field means. */
export interface Fault {
  readonly service: string;
  readonly operation: string;
  readonly mode: 'refuse' | 'throttle' | 'drop-answer' | 'delay' | 'repeat';
  readonly call?: number;
  readonly times?: number;
  readonly ms?: number;
}

const at = ({ site }: Pick<Served, 'site'>) => `${site}/_local/faults`;

export const fault = async (world: Pick<Served, 'site'>, what: Fault): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(at(world), { method: 'POST', headers, body: JSON.stringify(what) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
};

/** Waits in real time until a call is held by the delay that is armed; false when none comes for five seconds. */
export const isHeld = async (world: Pick<Served, 'site'>): Promise<boolean> => {
  for (let left = 200; left > 0; left -= 1) {
    const armed = (await (await fetch(at(world))).json()) as readonly {
      readonly mode: string;
      readonly fired: number;
    }[];
    if (armed.some(({ mode, fired }) => mode === 'delay' && fired > 0)) return true;
    await new Promise((done) => setTimeout(done, 25));
  }
  return false;
};

/** Takes every fault away; answers how many calls they met. */
export const clearFaults = async (world: Pick<Served, 'site'>): Promise<number> => {
  const armed = (await (await fetch(at(world))).json()) as readonly { readonly fired: number }[];
  await fetch(at(world), { method: 'DELETE' });
  return armed.reduce((sum, { fired }) => sum + fired, 0);
};

export type Item = Readonly<Record<string, unknown>> & { readonly pk: string; readonly sk: string };

/** Every item of one request. */
export const caseOf = async (world: Pick<World, 'aws' | 'state'>, reference: string): Promise<readonly Item[]> => {
  const items = await itemsOf(world);
  const found = items.find((item) => item.reference === reference && item.sk === 'REQUEST');
  return items.filter(({ pk }) => pk === found?.pk);
};

/** Every item of the Requests table, read as the person at this machine. */
export const itemsOf = async ({ aws, state }: Pick<World, 'aws' | 'state'>): Promise<Item[]> => {
  const { stacks } = JSON.parse(readFileSync(join(state, 'outputs.json'), 'utf8')) as {
    stacks: { PrivacyDemo: { RequestsTable: string } };
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = new DynamoDBClient({ endpoint: aws, region: 'eu-west-1', credentials, maxAttempts: 10 });
  const items: Item[] = [];
  let next: Record<string, AttributeValue> | undefined;
  do {
    const page = await db.send(
      new ScanCommand({
        TableName: stacks.PrivacyDemo.RequestsTable,
        ExclusiveStartKey: next,
      }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item) as Item));
    next = page.LastEvaluatedKey;
  } while (next);
  db.destroy();
  return items;
};
