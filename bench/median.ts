/** The middle one by size; of an even number the upper of the two. 0 of none. */
export const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0;
