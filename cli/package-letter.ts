/** Signs of a letter that are looked at: ours have fewer than 100,000. */
const most = 5_000_000;

const rules: readonly (readonly [rule: string, message: string, isWrong: (text: string) => boolean])[] = [
  ['letter-pdf', 'is not a PDF 1.7', (text) => !/^%PDF-1\.7\n.*%%EOF\s*$/s.test(text)],
  ['letter-tags', 'has no tags', (text) => !/\/Marked true/.test(text) || !/\/StructTreeRoot \d/.test(text)],
  ['letter-language', 'does not say its language', (text) => !/\/Lang \((da|en)\)/.test(text)],
  ['letter-title', 'does not show a title', (text) => !/\/Title /.test(text) || !/\/DisplayDocTitle true/.test(text)],
  [
    'letter-active',
    'runs or opens something',
    (text) => /\/(AA|EmbeddedFile|GoToR|JavaScript|JS|Launch|OpenAction|RichMedia|SubmitForm|URI)\b/.test(text),
  ],
];

/** Whether a file is the answer's letter. */
export const isLetter = (path: string): boolean => path === 'Brev.pdf' || path === 'Letter.pdf';

/** What is wrong with a letter: a PDF that a screen reader can not read, or that is more than a text. */
export const letterProblems = (content: Buffer): { rule: string; message: string }[] => {
  if (content.length > most) return [{ rule: 'letter-size', message: 'is too large for a letter' }];
  // What a stream holds is deflated: it would show names by chance.
  const text = content.toString('latin1').replaceAll(/\bstream\r?\n.*?\bendstream\b/gs, '');
  return rules.filter(([, , isWrong]) => isWrong(text)).map(([rule, message]) => ({ rule, message }));
};
