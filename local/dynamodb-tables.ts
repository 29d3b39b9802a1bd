import { randomUUID } from 'node:crypto';
import { check, type Input, type KeyElement, type TableSchema } from './dynamodb-engine.ts';
import { AwsError, type Store } from './service.ts';

/** A table as the template declares it. */
export interface TableDefinition {
  readonly name: string;
  readonly keySchema: readonly KeyElement[];
  readonly attributeDefinitions: TableSchema['AttributeDefinitions'];
  readonly globalSecondaryIndexes?: TableSchema['GlobalSecondaryIndexes'];
  readonly ttlAttribute?: string | undefined;
  readonly deletionProtection?: boolean | undefined;
}

/** A table as it is kept: what DescribeTable answers, and what other operations do. */
export interface Table extends TableSchema {
  readonly TableArn: string;
  readonly DeletionProtectionEnabled: boolean;
  readonly ttlAttribute?: string | undefined;
  readonly recovery?: boolean;
}

export const tableArn = (name: string) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${name}`;
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
  async open(definitions: readonly TableDefinition[]): Promise<void> {
    for await (const [, table] of this.store.entries<Table>({ gte: recordKey(''), lt: 'table0' }))
      this.all.set(table.TableName, table);
    for (const definition of definitions) await this.declare(definition);
  }

  /** The table, or AWS's error. */
  get(name: unknown): Table {
    const table = typeof name === 'string' ? this.all.get(name) : undefined;
    if (table !== undefined) return table;
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
  }

  async create(input: Input): Promise<Table> {
    const { DeletionProtectionEnabled = false, ...rest } = input;
    const data = check('CreateTable', rest);
    const name = data.TableName as string;
    if (this.all.has(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
    return this.keep(this.described(data, DeletionProtectionEnabled === true));
  }

  async keep(table: Table): Promise<Table> {
    await this.store.put(recordKey(table.TableName), table);
    this.all.set(table.TableName, table);
    return table;
  }

  async drop({ TableName, DeletionProtectionEnabled, GlobalSecondaryIndexes = [] }: Table): Promise<void> {
    if (DeletionProtectionEnabled)
      throw new AwsError(
        'ValidationException',
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      );
    const indexes = GlobalSecondaryIndexes.map(({ IndexName }) => `index/${TableName}/${IndexName}`);
    this.all.delete(TableName);
    await this.store.batch([{ type: 'del', key: recordKey(TableName) }]);
    for (const prefix of [`item/${TableName}`, ...indexes]) await this.empty(prefix);
  }

  private async empty(prefix: string): Promise<void> {
    const keys: string[] = [];
    for await (const [key] of this.store.entries({ gte: `${prefix}/`, lt: `${prefix}0` })) keys.push(key);
    await this.store.batch(keys.map((key) => ({ type: 'del', key })));
  }

  private async declare(definition: TableDefinition): Promise<void> {
    const { name, ttlAttribute, deletionProtection = false } = definition;
    const { globalSecondaryIndexes: GlobalSecondaryIndexes = [] } = definition;
    const kept = this.all.get(name);
    const table =
      kept ??
      (await this.create({
        TableName: name,
        KeySchema: definition.keySchema,
        AttributeDefinitions: definition.attributeDefinitions,
        BillingMode: 'PAY_PER_REQUEST',
        ...(GlobalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes }),
      }));
    if (kept !== undefined) refuseOtherSchema(kept, definition);
    await this.keep({ ...table, ttlAttribute, DeletionProtectionEnabled: deletionProtection });
  }

  private described(data: Input, protect: boolean): Table {
    const arn = tableArn(data.TableName as string);
    const { BillingMode, GlobalSecondaryIndexes, ...rest } = data as Input & Pick<Table, 'GlobalSecondaryIndexes'>;
    return {
      ...(rest as unknown as Table),
      TableStatus: 'ACTIVE',
      TableArn: arn,
      TableId: randomUUID(),
      CreationDateTime: this.now().getTime() / 1000,
      ItemCount: 0,
      TableSizeBytes: 0,
      BillingModeSummary: { BillingMode: BillingMode ?? 'PROVISIONED' },
      DeletionProtectionEnabled: protect,
      ...(GlobalSecondaryIndexes && {
        GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
          ...index,
          IndexStatus: 'ACTIVE',
          IndexArn: `${arn}/index/${index.IndexName}`,
        })),
      }),
    } as Table;
  }
}

/** A template that changes a key or an index would need a migration that nobody has written. */
function refuseOtherSchema(kept: Table, definition: TableDefinition): void {
  const shape = (keys: readonly KeyElement[], indexes: Table['GlobalSecondaryIndexes'] = []) =>
    JSON.stringify([
      keys.map(({ AttributeName }) => AttributeName),
      indexes
        .map(({ IndexName, KeySchema, Projection }) => [
          IndexName,
          KeySchema.map(({ AttributeName }) => AttributeName),
          Projection.ProjectionType,
          Projection.NonKeyAttributes ?? [],
        ])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ]);
  const types = (attributes: Table['AttributeDefinitions']) =>
    JSON.stringify(attributes.map(({ AttributeName, AttributeType }) => `${AttributeName} ${AttributeType}`).sort());
  const before = shape(kept.KeySchema, kept.GlobalSecondaryIndexes) + types(kept.AttributeDefinitions);
  const wanted =
    shape(definition.keySchema, definition.globalSecondaryIndexes) + types(definition.attributeDefinitions);
  if (before !== wanted)
    throw new Error(
      `The table ${definition.name} was made with other keys or indexes than the template has now: run npm run reset.`,
    );
}
