import { expect, test } from 'vitest';
import { manyAtOnce } from './load.ts';
import { logOf } from './permissions.ts';
import { openWorld } from './world.ts';

test('twelve people who ask at the same time are all answered, and no function fails', async () => {
  const world = await openWorld();
  expect(await manyAtOnce(world, 12)).toBe(12);
  const executions = await world.executions();
  expect(executions.length).toBe(12 * 5);
  expect(executions.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
  expect(logOf(world.state, '')).not.toContain('"level":"ERROR"');
  await world.close();
});
