import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

/** The yardstick: the smallest function that reads a table with the SDK, as many a tutorial has it. */
const db = new DynamoDBClient();

export const handler = async () => {
  const { Item } = await db.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'x' } } }));
  return { statusCode: Item ? 200 : 404 };
};

/** Kept in the bundle, as the functions that are compared keep theirs. */
export const more = [PutItemCommand, QueryCommand];
