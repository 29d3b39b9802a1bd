// DynamoDB in a process of its own, for the test that kills it. Prints its address and the key as one line of JSON.
import { openDynamoDb } from '../../local/dynamodb.ts';
import { signedGateway } from './signed-gateway.ts';
import { stillClock } from './small-gateway.ts';

const clock = stillClock(new Date().toISOString());
const index = {
  IndexName: 'Round',
  KeySchema: [
    { AttributeName: 'round', KeyType: 'HASH' },
    { AttributeName: 'pk', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'ALL' },
};
const service = await openDynamoDb({
  dir: process.argv[2] as string,
  clock,
  tables: [
    {
      TableName: 'Rounds',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'round'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [index],
    },
  ],
});
const { config } = await signedGateway(service, clock);
process.stdout.write(`${JSON.stringify(config)}\n`);
// It ends with the test that started it, however that ends.
process.stdin.resume().once('close', () => process.exit());
