import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { errorName, log } from '../lib/log.ts';
import type { Signal } from './cases.ts';

/**
 * Wakes the dispatcher through its topic and does not wait for it. (Lambda's own client would add 88 kB to every page function; this one
 * adds 37.) A lost signal costs five minutes, never a mail: the sweep finds the outbox.
 */
export const signalTo =
  (TopicArn: string, sns: SNSClient = new SNSClient()): Signal =>
  async (requestId, items) => {
    try {
      await sns.send(new PublishCommand({ TopicArn, Message: JSON.stringify({ requestId, items }) }));
    } catch (error) {
      log.error('signal lost', { requestId, error: errorName(error) });
    }
  };
