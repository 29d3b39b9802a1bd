import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { errorName, log } from '../lib/log.ts';
import type { Signal } from './cases.ts';

/** Wakes the dispatcher and does not wait for it. A lost signal costs five minutes, never a mail: the sweep finds the outbox. */
export const signalTo =
  (dispatcher: string, lambda: LambdaClient = new LambdaClient()): Signal =>
  async (requestId, items) => {
    const Payload = Buffer.from(JSON.stringify({ requestId, items }));
    try {
      await lambda.send(new InvokeCommand({ FunctionName: dispatcher, InvocationType: 'Event', Payload }));
    } catch (error) {
      log.error('signal lost', { requestId, error: errorName(error) });
    }
  };
