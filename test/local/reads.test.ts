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
    ['a list of objects', 's3', 'an object', object, true],
    ['a list of objects', 's3', 'an item', item, false],
    ['a signature', 'kms', 'an object', object, false],
    ['a list of executions', 'states', 'an item', item, true],
    ['a list of executions', 'states', 'an object', object, true],
  ])(
    '%s, read from %s, may be another once somebody has written %s: only what it can depend on counts',
    (_what, service, _written, act, isNew) => {
      expect(isNewAfter(service, act)).toBe(isNew);
    },
  );

  test('is nothing new to the run that wrote it itself', () => {
    expect(isNewAfter('s3', (reads) => reads.seen(call(requestId), 's3', false))).toBe(false);
  });
});
