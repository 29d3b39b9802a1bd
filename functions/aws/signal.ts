import { errorName, log } from '../lib/log.ts';
import type { Signal } from './cases.ts';
import { smallCall } from './small-call.ts';

const headers = { 'content-type': 'application/x-www-form-urlencoded' };

/** Publishes one message; rejects when the topic did not take it. */
export const publishTo =
  (TopicArn: string) =>
  async (Subject: string, Message: string): Promise<void> => {
    const publish = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', TopicArn, Subject, Message });
    await smallCall({ service: 'sns', headers, body: publish.toString() });
  };

/** Wakes the dispatcher through its topic and does not wait for it. A lost signal costs five minutes, never a mail: the sweep finds the outbox. */
export const signalTo =
  (TopicArn: string): Signal =>
  async (requestId, items) => {
    const Message = JSON.stringify({ requestId, items });
    const publish = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', TopicArn, Message });
    try {
      await smallCall({ service: 'sns', headers, body: publish.toString() });
    } catch (error) {
      log.error('signal lost', { requestId, error: errorName(error) });
    }
  };
