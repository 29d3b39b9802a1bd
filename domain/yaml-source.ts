import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** Something wrong in a file: where (lines and columns count from 1), by which rule, and what to write instead. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
}

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export type Path = readonly PropertyKey[];

/** A YAML file that was read: its value, and where each part of it stands. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** Names that stand twice; or why it can't be read at all: then there is no `value`. */
  readonly findings: readonly Finding[];
  /** A finding at the key of a path, or at the nearest part above it that exists. */
  at(path: Path, rule: string, message: string): Finding;
}

interface Found {
  readonly key: Node | undefined;
  readonly value: unknown;
}

const keyOf = (key: unknown): unknown => (isScalar(key) ? String(key.value) : key);

const child = (value: unknown, segment: PropertyKey): Found | undefined => {
  if (isSeq(value)) {
    const item = value.items[Number(segment)];
    return isNode(item) ? { key: item, value: item } : undefined;
  }
  if (!isMap(value)) return undefined;
  // Of a name that stands twice the last is what was read.
  const pair = value.items.findLast(({ key }) => keyOf(key) === String(segment));
  return pair && isNode(pair.key) ? { key: pair.key, value: pair.value } : undefined;
};

// Names the reader would be surprised by: JavaScript gives them a meaning of their own.
const reserved = ['__proto__', 'constructor', 'prototype'];

const messages: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this name stands here twice: keep one, or rename it',
  MULTIPLE_DOCS: 'a file holds one document: remove the second "---"',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
};

const notUtf8 = 'this is not UTF-8, so letters are lost: save the file as UTF-8';

/** The first sign of each line that was no UTF-8 when the file was read; UTF-16 is full of them and of zeros. */
const foreignIn = (text: string): { readonly offset: number; readonly isWhole: boolean }[] => {
  const isWhole = text.includes('\0');
  return [...text.matchAll(/^[^\n\uFFFD]*\uFFFD/gm)].map((match) => ({
    offset: match.index + match[0].length - 1,
    isWhole,
  }));
};

/** Reads a YAML 1.2 file and keeps where everything stands. Nothing in it is run, and anchors unfold at most 100 times. */
export const readYaml = ({ name: file, text }: SourceFile): YamlSource => {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const findingAt = (offset: number, rule: string, message: string): Finding => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), rule, message };
  };
  const nodeAt = (path: Path): Node | undefined => {
    let value: unknown = doc.contents;
    let nearest = isNode(value) ? value : undefined;
    for (const segment of path) {
      const found = child(isAlias(value) ? value.resolve(doc) : value, segment);
      if (!found) break;
      nearest = found.key;
      value = found.value;
    }
    return nearest;
  };
  const at: YamlSource['at'] = (path, rule, message) => findingAt(nodeAt(path)?.range?.[0] ?? 0, rule, message);
  const foreign = foreignIn(text);
  if (foreign[0]?.isWhole) return { file, value: undefined, findings: [findingAt(0, 'encoding', notUtf8)], at };
  const broken = [
    ...foreign.map(({ offset }) => findingAt(offset, 'encoding', notUtf8)),
    ...[...doc.errors, ...doc.warnings].map(({ code, pos, message }) =>
      findingAt(pos[0], code === 'DUPLICATE_KEY' ? 'duplicate-name' : 'yaml', messages[code] ?? message),
    ),
  ];
  // A name that stands twice is wrong, but the rest can be read.
  if (broken.some(({ rule }) => rule === 'yaml')) return { file, value: undefined, findings: broken, at };
  try {
    const value: unknown = doc.toJS();
    const words = reservedIn(value, at);
    return { file, value: words.length > 0 ? undefined : value, findings: [...broken, ...words], at };
  } catch (error) {
    // More aliases than the parser unfolds: a "billion laughs" file.
    return { file, value: undefined, findings: [findingAt(0, 'yaml', (error as Error).message)], at };
  }
};

const reservedIn = (value: unknown, at: YamlSource['at'], path: Path = []): Finding[] => {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, held]) => {
    const here = [...path, name];
    const own = reserved.includes(name) ? [at(here, 'reserved-name', `"${name}" is a reserved word: rename it`)] : [];
    return [...own, ...reservedIn(held, at, here)];
  });
};

/** In order of file, line and column, each once. */
export const sortedFindings = (findings: readonly Finding[]): Finding[] => {
  const named = new Map(findings.map((each) => [JSON.stringify(each), each]));
  return [...named.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.message < b.message ? -1 : 1),
  );
};
