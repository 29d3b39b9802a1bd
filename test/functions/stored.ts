import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Table, tableNamed } from '../../functions/aws/table.ts';
import { openDynamoDb } from '../../local/dynamodb.ts';
import { signedGateway, temporaryFolder } from '../local/signed-gateway.ts';
import { stillClock } from '../local/small-gateway.ts';

const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });
const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
const Requests = {
  TableName: 'Requests',
  KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
  AttributeDefinitions: [text('pk'), text('sk')],
};

/** The Requests table, alone and without its index, on the local cloud's DynamoDB. */
export const openTable = async (): Promise<{ table: Table; stop(): Promise<void> }> => {
  const folder = temporaryFolder('requests');
  const clock = stillClock('2026-03-01T12:00:00Z');
  const service = await openDynamoDb({ dir: folder.path, clock, tables: [Requests] });
  const gateway = await signedGateway(service, clock);
  return {
    table: tableNamed('Requests', new DynamoDBClient(gateway.config)),
    async stop() {
      await gateway.close();
      await service.close?.();
      folder[Symbol.dispose]();
    },
  };
};
