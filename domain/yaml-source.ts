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
  /** Broken YAML: then `value` says nothing. */
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
  const pair = value.items.find(({ key }) => keyOf(key) === String(segment));
  return pair && isNode(pair.key) ? { key: pair.key, value: pair.value } : undefined;
};

// Names the reader would be surprised by: JavaScript gives them a meaning of their own.
const reserved = ['__proto__', 'constructor', 'prototype'];

const messages: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this name stands here twice: keep one, or rename it',
  MULTIPLE_DOCS: 'a file holds one document: remove the second "---"',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
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
  const broken = [...doc.errors, ...doc.warnings].map(({ code, pos, message }) =>
    findingAt(pos[0], code === 'DUPLICATE_KEY' ? 'duplicate-name' : 'yaml', messages[code] ?? message),
  );
  if (broken.length > 0) return { file, value: undefined, findings: broken, at };
  try {
    const value: unknown = doc.toJS();
    return { file, value, findings: reservedIn(value, at), at };
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
