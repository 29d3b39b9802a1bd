import { deflateRawSync } from 'node:zlib';
import { findIn, namesToFind, redacted } from '../domain/redaction.ts';
import { deflateOptions } from '../functions/lib/packing.ts';

// Free text of 300 signs a row in which every tenth row names somebody, 1,000 names to look for: finding and blacking out in terms of
// deflating the same rows at the level the answer is deflated at. Interleaved rounds, CPU time, the median of the ratios.

const mostRatio = 1;
const rounds = 7;
const first = ['Anne', 'Bo', 'Søren', 'Ærø', 'Mette', 'Jens', 'Karen', 'Peter', 'Lone', 'Ida'];
const names = Array.from(
  { length: 1_000 },
  (_, n) =>
    `${first[n % 10]} Efternavn${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + ((n / 26) % 26))}sen`,
);
const words =
  'kunden ringede om sin ordre og ville vide hvornår pakken kommer vi lovede at svare i morgen og han var tilfreds med prisen'.split(
    ' ',
  );

let seed = 7;
const chance = (n: number): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed % n;
};
const sentence = (): string => Array.from({ length: 50 }, () => words[chance(words.length)]).join(' ');
const about = (n: number): string =>
  n % 10 === 0
    ? ` ${names[chance(1_000)]} har 010203-0405 og 20 30 40 50 eller a${n}@eksempel.dk, se ordre 10002345.`
    : '';
// As rows come out of a file: flat in memory.
const rows: string[] = JSON.parse(JSON.stringify(Array.from({ length: 20_000 }, (_, n) => `${sentence()}${about(n)}`)));
const bytes = Buffer.byteLength(rows.join(''));
const index = namesToFind(names, ['Mette Hansen']);

const cpu = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

let spans = 0;
const redact = (): void => {
  for (const row of rows) {
    const found = findIn(row, index);
    spans += found.length;
    if (found.length > 0)
      redacted(
        row,
        found.map(({ span }) => span),
        '[udeladt]',
      );
  }
};
const pieces: string[] = [];
for (let at = 0; at < rows.length; at += 200) pieces.push(rows.slice(at, at + 200).join('\n'));
const deflate = (): void => {
  for (const piece of pieces) deflateRawSync(piece, { level: deflateOptions.level });
};

redact();
spans = 0;
const measured = Array.from({ length: rounds }, () => ({ deflated: cpu(deflate), found: cpu(redact) }));
const ratios = measured.map(({ deflated, found }) => found / deflated).sort((a, b) => a - b);
const ratio = ratios[(rounds - 1) / 2] ?? 0;
const speed = (of: 'deflated' | 'found') => (bytes / Math.min(...measured.map((each) => each[of]))).toFixed(0);
console.log(
  `${rows.length} rows, ${(bytes / 1e6).toFixed(1)} MB, ${names.length} names, ${spans / rounds} places found`,
);
console.log(
  `finding and blacking out ${speed('found')} MB a CPU second, deflating ${speed('deflated')} (level ${deflateOptions.level})`,
);
console.log(`redaction in terms of deflating: ${ratio.toFixed(2)} of ${mostRatio}`);
process.exitCode = ratio > mostRatio ? 1 : 0;
