import { expect, test } from 'vitest';
import { soak } from './soak.ts';

test('three requests come to their end, each right and told once, while the cloud is killed five times', async () => {
  const { problems, executions } = await soak({ requests: 3, kills: 5, seed: 7 });
  expect(problems).toEqual([]);
  expect(executions).toBe(15);
});
