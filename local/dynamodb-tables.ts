import { randomUUID } from 'node:crypto';
import { check, type Input, type KeyElement, type TableSchema } from './dynamodb-engine.ts';
import { AwsError, type Store } from './service.ts';

/** A table as the template declares it and as it is kept; kept are also the fields that only DescribeTable answers. */
export interface Table extends TableSchema {
  /** The attribute that says when an item ends. */
  readonly ttlAttribute?: string | undefined;
}

export const tableArn = (name: unknown) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${name}`;
const recordKey = (name: string) => `table/${name}`;

/** The tables, in memory and on disk. */
export class Tables {
  readonly all = new Map<string, Table>();
  private readonly store: Store;
  private readonly now: () => Date;

  constructor(store: Store, now: () => Date) {
    this.store = store;
    this.now = now;
  }

  /** Reads what is kept, then makes what the template adds. Throws when a kept table has another schema. */
  async open(definitions: readonly Table[]): Promise<void> {
    for await (const [, table] of this.store.entries<Table>({ gte: recordKey(''), lt: 'table0' }))
      this.all.set(table.TableName, table);
    for (const definition of definitions) await this.declare(definition);
  }

  /** The table, or AWS's error, which names the table to who asked for it by itself. */
  get(name: unknown, named = ''): Table {
    const table = typeof name === 'string' ? this.all.get(name) : undefined;
    if (table !== undefined) return table;
    throw new AwsError('ResourceNotFoundException', `Requested resource not found${named}`);
  }

  named(name: unknown): Table {
    return this.get(name, `: Table: ${name} not found`);
  }

  async create(input: Input): Promise<Table> {
    const data = check('CreateTable', input);
    const name = data.TableName as string;
    if (this.all.has(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
    const { BillingMode = 'PROVISIONED', GlobalSecondaryIndexes: indexes, ...rest } = data as Input & Table;
    const GlobalSecondaryIndexes = indexes?.map((index) => {
      return { ...index, IndexStatus: 'ACTIVE', IndexArn: `${tableArn(name)}/index/${index.IndexName}` };
    });
    const made = {
      ...{ TableStatus: 'ACTIVE', TableArn: tableArn(name), TableId: randomUUID() },
      ...{ CreationDateTime: this.now().getTime() / 1000, ItemCount: 0, TableSizeBytes: 0 },
    };
    return this.keep({ ...rest, ...made, BillingModeSummary: { BillingMode }, GlobalSecondaryIndexes } as Table);
  }

  async keep(table: Table): Promise<Table> {
    await this.store.put(recordKey(table.TableName), table);
    this.all.set(table.TableName, table);
    return table;
  }

  private async declare({ ttlAttribute, ...definition }: Table): Promise<void> {
    const { TableName } = definition;
    const kept = this.all.get(TableName);
    // Another key or index would need a migration that nobody has written.
    if (kept !== undefined && shapeOf(kept) !== shapeOf(definition))
      throw new Error(
        `The table ${TableName} was made with other keys or indexes than the template has now: run npm run reset.`,
      );
    const table = kept ?? (await this.create({ ...definition, BillingMode: 'PAY_PER_REQUEST' }));
    await this.keep({ ...table, ttlAttribute });
  }
}

/** Keys, their types and indexes as one text, whatever order they are declared in. */
function shapeOf({ KeySchema, AttributeDefinitions, GlobalSecondaryIndexes = [] }: TableSchema): string {
  const namesOf = (keys: readonly KeyElement[]) => keys.map(({ AttributeName }) => AttributeName);
  const types = AttributeDefinitions.map(({ AttributeName, AttributeType }) => `${AttributeName} ${AttributeType}`);
  const indexes = GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => {
    const { ProjectionType, NonKeyAttributes = [] } = Projection;
    return JSON.stringify([IndexName, namesOf(KeySchema), ProjectionType, NonKeyAttributes]);
  });
  return JSON.stringify([namesOf(KeySchema), types.sort(), indexes.sort()]);
}
