import { type AttributeValue, DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Connector, ConnectorFactory, Lookup } from '../domain/connector.ts';
import { awsFailure } from './aws-failure.ts';
import { packed, unpacked } from './cursor.ts';
import { DynamoDbCollection, DynamoDbOptions } from './dynamodb-options.ts';
import { attributeValue, type Key, Keys, keyOf, numeric, writtenKey } from './dynamodb-values.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { fieldsOf, rowOf } from './row.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** A DynamoDB table: a query by a key for each value, or, where the map declares it, a scan for all values. */
export const dynamodb: ConnectorFactory = ({ system }) => {
  const { region } = parsed(DynamoDbOptions, system.connector.options, 'connector.options');
  const collections = parsedCollections(DynamoDbCollection, system.collections);
  const client = new DynamoDBClient({ ...(region && { region }) });
  const find: Connector['find'] = (lookup, from) => {
    const options =
      collections.get(lookup.collection) ?? parsed(DynamoDbCollection, lookup.collection.options, 'options');
    const ask = async (values: readonly string[], { position }: Place): Promise<Answer> => {
      const request = { ...common(lookup, options, position), ...condition(options, values) };
      const command = options.scan ? new ScanCommand(request) : new QueryCommand(request);
      const answer = await client.send(command as QueryCommand, { abortSignal: from?.signal }).catch((error) => {
        throw awsFailure(lookup.name, 'DynamoDB', error, from?.signal);
      });
      return { found: rowsOf(lookup, answer.Items ?? []), next: placeAfter(answer.LastEvaluatedKey) };
    };
    return walk(lookup.name, stepsOf(lookup.values, options), from, ask);
  };
  return { find, check: () => probe(system, find), close: async () => client.destroy() };
};

// An operand list holds 100 values, and a scan compares each as a text and as a number.
const operands = 50;

// A key is 1 to 2,048 bytes: no item has another value there.
const canBeKey = ({ keyType }: DynamoDbCollection, value: string): boolean =>
  value !== '' && Buffer.byteLength(value) <= 2_048 && (keyType === 'S' || numeric.test(value));

const stepsOf = (values: readonly string[], options: DynamoDbCollection): string[][] => {
  const askable = [...new Set(values)];
  if (!options.scan) return askable.filter((value) => canBeKey(options, value)).map((value) => [value]);
  return askable.flatMap((_, index) => (index % operands === 0 ? [askable.slice(index, index + operands)] : []));
};

const common = (lookup: Lookup, { index, scan }: DynamoDbCollection, position: string | undefined) => {
  const names = fieldsOf(lookup).map((field, place) => [`#${place}`, field] as const);
  return {
    TableName: lookup.collection.at ?? lookup.name,
    ...(index && { IndexName: index }),
    // An index has no consistent reads, and for a scan they double what every item costs.
    ...(!index && !scan && { ConsistentRead: true }),
    // Asked by name, so that an index that does not hold a field is an error and not a gap.
    ProjectionExpression: names.map(([name]) => name).join(', '),
    ExpressionAttributeNames: { ...Object.fromEntries(names), '#field': lookup.field },
    ...(position !== undefined && { ExclusiveStartKey: keyOf(unpacked(Keys, position)) }),
    Limit: 1_000,
  };
};

const condition = ({ scan, keyType }: DynamoDbCollection, values: readonly string[]) => {
  if (!scan) {
    const value: AttributeValue = keyType === 'N' ? { N: String(values[0]) } : { S: String(values[0]) };
    return { KeyConditionExpression: '#field = :value', ExpressionAttributeValues: { ':value': value } };
  }
  const texts = values.map((value, index) => [`:s${index}`, { S: value }] as const);
  const numbers = values.flatMap((value, index) =>
    numeric.test(value) ? [[`:n${index}`, { N: value }] as const] : [],
  );
  const all = [...texts, ...numbers];
  const filter = `#field in (${all.map(([name]) => name).join(', ')})`;
  return { FilterExpression: filter, ExpressionAttributeValues: Object.fromEntries(all) };
};

const rowsOf = (lookup: Lookup, items: readonly Record<string, AttributeValue>[]): Answer['found'] => {
  const fields = fieldsOf(lookup);
  return items.map((item) => ({
    row: rowOf(fields, (field) =>
      Object.hasOwn(item, field) ? attributeValue(item[field] as AttributeValue) : undefined,
    ),
  }));
};

const placeAfter = (key: Key | undefined): string | undefined => key && packed(writtenKey(key));
