import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants } from './mutants-list.ts';

test('every guard that `npm run mutants` takes out stands once where the list says', () => {
  const edits = mutants.flatMap(({ name, file, find, also }) =>
    [find, ...(also ? [also.find] : [])].map((each) => ({
      name,
      times: readFileSync(file, 'utf8').split(each).length - 1,
    })),
  );
  expect(edits.filter(({ times }) => times !== 1)).toEqual([]);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
