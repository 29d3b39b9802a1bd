import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import type { Entry, ZipFile } from 'yauzl';
import * as z from 'zod';
import { isPartFile, partPath, withoutPartSuffix } from '../domain/parts.ts';
import { exitCodes } from './exit.ts';
import { type ContentFinding, contentCheck } from './package-contents.ts';
import { describedFindings } from './package-described.ts';
import { isLetter, letterProblems } from './package-letter.ts';
import { nameKey, nameProblems } from './package-names.ts';

interface Finding extends ContentFinding {
  readonly file: string;
}

/** An entry as it is, with what was wrong inside it. `text` only of the two files that speak of the others. */
interface Part {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly text?: string;
  readonly findings: readonly Finding[];
}

const finding = (file: string, rule: string, message: string): Finding => ({ file, line: 1, column: 1, rule, message });

const sumsNames: readonly string[] = ['KONTROLSUMMER.sha256', 'CHECKSUMS.sha256'];
const isSums = (path: string): boolean => sumsNames.includes(withoutPartSuffix(path));
const speaksOfOthers = (path: string): boolean => path === 'manifest.json' || isSums(path) || isPartFile(path);

const linkMode = 0o120000;

const entryFindings = (entry: Entry, path: string): Finding[] => [
  ...nameProblems(path).map((problem) => finding(path, 'entry-name', `the name ${problem}`)),
  ...(((entry.externalFileAttributes >>> 16) & 0o170000) === linkMode
    ? [finding(path, 'entry-link', 'is a link, not a file')]
    : []),
];

/** Decodes strictly and hands the text on; a file of ours that is not UTF-8 is one finding, and is read no further as text. */
const textReader = (path: string) => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const check = contentCheck(path);
  const kept: string[] = [];
  let isText = check !== undefined;
  const pass = (bytes?: Uint8Array) => {
    try {
      const text = decoder.decode(bytes, { stream: bytes !== undefined });
      if (text) check?.write(text);
      if (speaksOfOthers(path)) kept.push(text);
    } catch {
      isText = false;
    }
  };
  return {
    write: (bytes: Uint8Array) => isText && pass(bytes),
    end(): { text?: string; findings: Finding[] } {
      if (check === undefined) return { findings: [] };
      if (isText) pass();
      if (!isText) return { findings: [finding(path, 'encoding', 'is not UTF-8')] };
      return { text: kept.join(''), findings: check.end().map((found) => ({ file: path, ...found })) };
    },
  };
};

const letterReader = (path: string) => {
  const kept: Uint8Array[] = [];
  return {
    write: (bytes: Uint8Array) => kept.push(bytes),
    end: (): { text?: string; findings: Finding[] } => ({
      findings: letterProblems(Buffer.concat(kept)).map(({ rule, message }) => finding(path, rule, message)),
    }),
  };
};

const readPart = async (zip: ZipFile, entry: Entry, path: string): Promise<Part> => {
  const hash = createHash('sha256');
  const reader = isLetter(path) ? letterReader(path) : textReader(path);
  let bytes = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    hash.update(chunk);
    reader.write(chunk);
    bytes += chunk.length;
  }
  const { text, findings } = reader.end();
  return { path, bytes, sha256: hash.digest('hex'), text, findings: [...entryFindings(entry, path), ...findings] };
};

const unreadable = (entry: Entry, path: string): Part => ({
  path,
  bytes: -1,
  sha256: '',
  findings: [...entryFindings(entry, path), finding(path, 'entry-unreadable', 'can not be unpacked')],
});

const nameOf = ({ fileNameRaw }: Entry): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    return `${fileNameRaw.toString('latin1')}\ufffd`;
  }
};

/** Signs that one file may have to be looked into again. */
const mostSigns = 256_000_000;

const textOf = async (zip: ZipFile, entry: Entry, most: number): Promise<string | undefined> => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const stream = await zip.openReadStreamPromise(entry);
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    parts.push(text);
    length += text.length;
    if (length >= most) break;
  }
  return length < mostSigns ? parts.join('') : undefined;
};

/** Reads every entry once, in order; afterwards those that are described are looked into again. */
const readAnswer = async (
  file: string,
): Promise<{ parts: Part[]; said: PartSaid | undefined; described: Finding[] }> => {
  const { openPromise } = await import('yauzl');
  // Names come as bytes: yauzl would mend or refuse the very ones that are looked for.
  const zip = await openPromise(file, { autoClose: false, lazyEntries: true, decodeStrings: false });
  try {
    const parts: Part[] = [];
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      const path = nameOf(entry);
      entries.set(path, entry);
      parts.push(await readPart(zip, entry, path).catch(() => unreadable(entry, path)));
    }
    const text = async (path: string, most = mostSigns) => {
      const entry = entries.get(path);
      return entry && textOf(zip, entry, most).catch(() => undefined);
    };
    const held = new Map(parts.map((part) => [part.path, part]));
    const said = partSaid(parts);
    return { parts, said, described: await describedFindings({ held, text, isPart: said?.says !== undefined }) };
  } finally {
    zip.close();
  }
};

const duplicates = (parts: readonly Part[]): Finding[] => {
  const byKey = Map.groupBy(parts, ({ path }) => nameKey(path));
  return [...byKey.values()].flatMap(([, ...others]) =>
    others.map(({ path }) =>
      finding(path, 'entry-duplicate', 'another entry has this name, or one that differs in case'),
    ),
  );
};

const Listed = z.object({ path: z.string(), bytes: z.int(), sha256: z.string(), right: z.string().default('access') });
const Manifest = z.object({ version: z.literal(1), files: z.array(Listed) });

const PartSays = z.object({
  version: z.literal(1),
  part: z.int(),
  of: z.int(),
  manifest: z.string(),
  files: z.array(z.string()),
});

interface PartSaid {
  readonly path: string;
  readonly says?: z.infer<typeof PartSays>;
}

/** What a part of a large answer says of itself; undefined where the ZIP is the whole. */
const partSaid = (parts: readonly Part[]): PartSaid | undefined => {
  const part = parts.find(({ path }) => isPartFile(path));
  if (!part) return undefined;
  try {
    const says = PartSays.parse(JSON.parse(part.text ?? ''));
    return part.path === partPath(says.part, says.of) ? { path: part.path, says } : { path: part.path };
  } catch {
    return { path: part.path };
  }
};

const partFindings = (parts: readonly Part[], said: PartSaid | undefined): Finding[] => {
  if (!said) return [];
  const { path, says } = said;
  if (!says) return [finding(path, 'part', 'does not say which part of an answer this is')];
  const manifest = parts.find((part) => part.path === 'manifest.json');
  const listed = new Set((manifest && listedIn(manifest))?.map((each) => each.path));
  return [
    ...(manifest && manifest.sha256 !== says.manifest ? [finding(path, 'part', 'is of another manifest')] : []),
    ...says.files
      .filter((each) => !listed.has(each))
      .map((each) => finding(each, 'part', 'belongs to this part and does not stand in the manifest')),
  ];
};

const listedIn = (manifest: Part): z.infer<typeof Listed>[] | undefined => {
  try {
    return Manifest.parse(JSON.parse(manifest.text ?? '')).files;
  } catch {
    return undefined;
  }
};

const compare = ({ path, bytes, sha256 }: z.infer<typeof Listed>, part: Part | undefined): Finding[] => {
  if (!part) return [finding(path, 'manifest-missing', 'stands in the manifest and not in the answer')];
  if (part.bytes !== bytes)
    return [finding(path, 'manifest-size', `has ${part.bytes} bytes, the manifest says ${bytes}`)];
  if (part.sha256 !== sha256) return [finding(path, 'manifest-hash', 'is not the file the manifest names')];
  return [];
};

const manifestFindings = (parts: readonly Part[], mine: readonly string[] | undefined): Finding[] => {
  const manifest = parts.find(({ path }) => path === 'manifest.json');
  if (!manifest) return [finding('manifest.json', 'manifest', 'is missing')];
  const listed = listedIn(manifest);
  if (!listed) return [finding('manifest.json', 'manifest', 'is not a manifest of version 1')];
  const paths = new Set(listed.map(({ path }) => path));
  const held = new Map(parts.map((part) => [part.path, part]));
  const extra = parts.filter(({ path }) => !paths.has(path) && !speaksOfOthers(path));
  // The part of a right that was refused stays out of the answer; the decision was made on the whole.
  const answered = new Set(listed.filter(({ path }) => held.has(path)).map(({ right }) => right));
  const all = mine ? listed.filter(({ path }) => mine.includes(path)) : listed;
  const wanted = answered.size > 0 && !mine ? all.filter(({ right }) => answered.has(right)) : all;
  return [
    ...wanted.flatMap((each) => compare(each, held.get(each.path))),
    ...extra.map(({ path }) => finding(path, 'manifest-extra', 'does not stand in the manifest')),
  ];
};

/** The answer to access begins with its page, and has a letter. */
const letterFindings = (parts: readonly Part[]): Finding[] => {
  const isAccess = parts.some(({ path }) => path === 'START-HER.html' || path === 'START-HERE.html');
  const isThere = parts.some(({ path }) => isLetter(path));
  return isAccess && !isThere ? [finding('Brev.pdf or Letter.pdf', 'letter-missing', 'is missing')] : [];
};

const sumLine = /^([0-9a-f]{64}) [ *](.+)$/;

const lineFindings = (text: string, sums: Part, held: ReadonlyMap<string, Part>, line: number): Finding[] => {
  const [, sum, path = ''] = sumLine.exec(text) ?? [];
  if (!sum) return [{ ...finding(sums.path, 'checksum-line', 'is not a sum and a name'), line }];
  const part = held.get(path);
  if (part?.sha256 === sum) return [];
  const problem = part ? 'the sum is not that of the file' : 'there is no such file';
  return [{ ...finding(sums.path, 'checksum', `${path}: ${problem}`), line }];
};

const sumsFindings = (parts: readonly Part[]): Finding[] => {
  const all = parts.filter(({ path }) => isSums(path));
  const [sums] = all;
  if (!sums) return [finding(sumsNames.join(' or '), 'checksum-missing', 'is missing')];
  const lines = (sums.text ?? '').split(/\r?\n/).filter(Boolean);
  const held = new Map(parts.map((part) => [part.path, part]));
  const named = new Set(lines.map((line) => sumLine.exec(line)?.[2]));
  const unnamed = parts.filter(({ path }) => !isSums(path) && !named.has(path));
  return [
    ...lines.flatMap((line, at) => lineFindings(line, sums, held, at + 1)),
    ...unnamed.map(({ path }) => finding(path, 'checksum-missing', `has no line in ${sums.path}`)),
    ...all.slice(1).map(({ path }) => finding(path, 'checksum-extra', 'is a second file of sums')),
  ];
};

const checkAnswer = async (file: string): Promise<Finding[]> => {
  const { parts, said, described } = await readAnswer(file);
  return [
    ...parts.flatMap(({ findings }) => findings),
    ...described,
    ...duplicates(parts),
    ...letterFindings(parts),
    ...partFindings(parts, said),
    ...manifestFindings(parts, said?.says?.files),
    ...sumsFindings(parts),
  ];
};

const lineOf = ({ file, line, column, rule, message }: Finding): string =>
  `${file}:${line}:${column} ${rule} ${message}\n`;

const check = async (file: string, { json }: { json?: boolean }): Promise<void> => {
  const findings = await checkAnswer(file);
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : findings.map(lineOf).join(''));
  process.exitCode = findings.length > 0 ? exitCodes.findings : exitCodes.ok;
};

/** `privacy package check`: whether an answer's ZIP is whole, harmless to unpack and open, and what its manifest says. */
export const registerPackage = (program: Command): void => {
  program
    .command('package')
    .description('the ZIP of an answer')
    .command('check')
    .description('check names, sums, manifest, encodings and contents of an answer')
    .argument('<file>', 'the ZIP')
    .option('--json', 'machine-readable')
    .action(check);
};
