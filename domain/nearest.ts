/** Optimal string alignment distance: letters left out, added, changed, or two neighbours swapped. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const changed = (last[column - 1] ?? 0) + (same ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = swapped && row > 1 ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      line[column] = Math.min(changed, swap, (last[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1);
    }
    before = last;
    last = line;
  }
  return last[b.length] ?? 0;
};

/** The known word most like the one that was written, if it is alike: at most a third of its letters differ. */
const nearest = (written: string, known: readonly string[]): string | undefined => {
  const word = written.slice(0, 60).toLowerCase();
  const most = Math.max(1, Math.floor(word.length / 3));
  const ranked = known
    .map((each) => ({ each, far: distance(word, each.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far || (a.each < b.each ? -1 : 1));
  return ranked[0]?.each;
};

/** `: did you mean "x"?`, or else which words are known (the first twelve). */
export const suggestion = (written: string, known: readonly string[]): string => {
  const meant = nearest(written, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  const shown = known.slice(0, 12).join(', ');
  return known.length === 0 ? 'there is none to choose from' : `known are ${shown}${known.length > 12 ? ' ...' : ''}`;
};
