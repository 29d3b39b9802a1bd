import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Env } from '../functions/lib/env.ts';
import type { House, ServiceFunction } from './service-function.ts';
import type { Storage } from './storage.ts';

/** What every function that changes a request is given. */
export interface Common extends House {
  readonly storage: Storage;
  /** Wakes the dispatcher after a commit. */
  readonly wake: Topic;
}

/** Variables of a function that reads and writes the record. */
export const recordOf = ({ storage, wake }: Common): Pick<Env, 'REQUESTS_TABLE' | 'WAKE_TOPIC'> => ({
  REQUESTS_TABLE: storage.requests.tableName,
  WAKE_TOPIC: wake.topicArn,
});

/** Lets a function wake the dispatcher; the topic is encrypted, so it takes the key as well. */
export const grantWake = (fn: ServiceFunction, { storage, wake }: Common): void => {
  fn.allow(['sns:Publish'], [wake.topicArn]);
  storage.useKey(fn, 'sns', ['kms:Decrypt', 'kms:GenerateDataKey']);
};
