import { describe, expect, test } from 'vitest';
import { Reads, traceOf } from '../../local/reads.ts';
import type { Call } from '../../local/service.ts';

const requestId = '0d1e2f30-4152-4637-8495-a6b7c8d9e0f1';
const call = (run?: string) =>
  ({ headers: run ? { 'x-amzn-trace-id': `Root=1-6a0b1c2d-${traceOf(run)}` } : {} }) as unknown as Call;

/** Whether a run that read from a service meets something new after somebody's call. */
const isNewAfter = (read: string, act: (reads: Reads) => void): boolean => {
  const reads = new Reads();
  const isStale = reads.observe({ functionArn: 'Anchor', requestId });
  reads.seen(call(requestId), read, true);
  act(reads);
  return isStale();
};

const item = (reads: Reads) => reads.wrote(undefined, [{ key: 'item/Requests/one', after: { pk: 'one' } }]);
const object = (reads: Reads) => reads.seen(call(), 's3', false);

describe('what a run read outside the tables', () => {
  test.each([
    ['a list of objects', 's3', 'an object', object],
    ['a list of executions, which go on by themselves,', 'states', 'an item', item],
    ['a list of executions, which go on by themselves,', 'states', 'an object', object],
    ['a count of messages, which come by themselves,', 'sqs', 'an item', item],
  ])('%s (%s) may be another once somebody has written %s', (_read, service, _written, act) => {
    expect(isNewAfter(service, act)).toBe(true);
  });

  test.each([
    ['a list of objects', 's3', 'an item', item],
    ['a signature', 'kms', 'an object', object],
  ])('%s (%s) stays as it is when somebody writes %s', (_read, service, _written, act) => {
    expect(isNewAfter(service, act)).toBe(false);
  });

  test('is nothing new to the run that wrote it itself', () => {
    expect(isNewAfter('s3', (reads) => reads.seen(call(requestId), 's3', false))).toBe(false);
  });
});
