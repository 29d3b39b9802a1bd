import type { Block, Draft } from './block.ts';

/** Columns of a text mail; an address is never broken. */
const width = 72;

const wrapLine = (line: string, indent: string): string => {
  const lines: string[][] = [[]];
  for (const word of line.split(/[ \t]+/)) {
    const current = lines.at(-1) as string[];
    const isFull = indent.length + [...current, word].join(' ').length > width;
    if (isFull && current.length > 0) lines.push([word]);
    else current.push(word);
  }
  return lines.map((words) => words.join(' ')).join(`\n${indent}`);
};

const wrap = (text: string, indent = ''): string =>
  text
    .split(/\r?\n/)
    .map((line) => wrapLine(line, indent))
    .join(`\n${indent}`);

const underlined = (text: string, sign: string): string =>
  `${wrap(text)}\n${sign.repeat(Math.min([...text].length, width))}`;

const listText = ({ items, ordered }: Extract<Block, { kind: 'list' }>): string =>
  items.map((item, at) => (ordered ? `${at + 1}. ${wrap(item, '   ')}` : `- ${wrap(item, '  ')}`)).join('\n');

const writers: { readonly [Kind in Block['kind']]: (block: Extract<Block, { kind: Kind }>) => string } = {
  heading: ({ text }) => underlined(text, '-'),
  paragraph: ({ text }) => wrap(text),
  button: ({ text, to }) => `${wrap(text)}:\n${to}`,
  facts: ({ rows }) => rows.map(([name, value]) => wrap(`${name}: ${value}`, '  ')).join('\n'),
  list: listText,
  code: ({ label, code }) => `${wrap(label)}:\n\n    ${code}`,
  note: ({ title, text }) => `* ${wrap(title, '  ')}\n  ${wrap(text, '  ')}`,
  link: ({ text, to }) => `${wrap(text)}:\n${to}`,
};

const written = (block: Block): string => (writers[block.kind] as (block: Block) => string)(block);

/** A mail as text of 72 columns, from the same blocks as the HTML. `-- ` begins the foot, as mail programs expect (RFC 3676). */
export const plainMail = ({ title, blocks, foot }: Draft): string =>
  [underlined(title, '='), ...blocks.map(written), ['-- ', ...foot.map((line) => wrap(line))].join('\n')].join('\n\n') +
  '\n';
