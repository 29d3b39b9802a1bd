import { searchScript } from '../web/package/search.ts';

/** Something in a file of an answer. `line` and `column` count from 1. */
export interface ContentFinding {
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
}

/** Looks at a file's text as it streams by. */
export interface ContentCheck {
  write(text: string): void;
  end(): ContentFinding[];
}

/** Enough to see that a file is wrong throughout, few enough to read. */
const mostFindings = 20;

const at = (rule: string, message: string, line = 1, column = 1): ContentFinding => ({ line, column, rule, message });

const formula = /^[=+\-@\t\r\0＝＋－＠]/;
const numeric = /^-?\d+([.,]\d+)?$/;

/** A CSV's cells, read sign by sign: a cell may stand in quotes over several lines. */
class CsvCheck implements ContentCheck {
  private readonly findings: ContentFinding[] = [];
  private begun = false;
  private separator = '';
  private quoted = false;
  private cell = '';
  /** Cells of this row, and of the first. */
  private cells = 0;
  private width = 0;
  private line = 1;
  private column = 1;
  private start = { line: 1, column: 1 };

  write(text: string): void {
    const marked = text.startsWith('\uFEFF');
    const body = this.begun || !marked ? text : text.slice(1);
    if (!this.begun && !marked) this.find('csv-bom', 'does not begin with a byte order mark');
    this.begun = true;
    for (const sign of body) this.read(sign);
  }

  end(): ContentFinding[] {
    if (!this.begun) this.find('csv-bom', 'does not begin with a byte order mark');
    this.endCell();
    if (this.quoted) this.find('csv-quote', 'a quote is not closed');
    return this.findings;
  }

  private find(rule: string, message: string): void {
    if (this.findings.length < mostFindings) this.findings.push(at(rule, message, this.start.line, this.start.column));
  }

  private endCell(): void {
    // The end of a line may be CR LF: its CR is no part of the cell.
    const cell = this.cell.replace(/\r$/, '');
    if (formula.test(cell) && !numeric.test(cell)) this.find('csv-formula', 'a cell begins like a formula');
    this.cell = '';
    this.cells += 1;
  }

  private endRow(): void {
    this.width ||= this.cells;
    if (this.cells !== this.width) this.find('csv-columns', 'a row has another number of cells than the first');
    this.cells = 0;
  }

  private endsCell(sign: string): boolean {
    if (this.quoted) return false;
    return sign === '\n' || (this.separator ? sign === this.separator : sign === ';' || sign === ',');
  }

  private read(sign: string): void {
    const ends = this.endsCell(sign);
    if (sign === '"') this.quoted = !this.quoted;
    else if (ends) this.endCell();
    else this.cell += sign;
    if (ends && sign === '\n') this.endRow();
    else if (ends) this.separator = sign;
    this.move(sign);
    if (ends) this.start = { line: this.line, column: this.column };
  }

  private move(sign: string): void {
    this.column = sign === '\n' ? 1 : this.column + 1;
    if (sign === '\n') this.line += 1;
  }
}

/** Signs of JSON that are held in memory to be parsed. */
const mostJson = 256_000_000;

const positionOf = (text: string, offset: number): [line: number, column: number] => {
  const before = text.slice(0, offset).split('\n');
  return [before.length, (before.at(-1)?.length ?? 0) + 1];
};

const jsonProblem = (text: string): ContentFinding[] => {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    // The parser's message may quote what the file holds: only its place is told.
    // It does not always tell it; then the finding stands at the file's beginning.
    const offset = Number(/ in JSON at position (\d+) \(line \d+ column \d+\)$/.exec(String(error))?.[1] ?? 0);
    return [at('json-syntax', 'is not JSON', ...positionOf(text, offset))];
  }
};

const jsonCheck = (): ContentCheck => {
  const parts: string[] = [];
  let length = 0;
  return {
    write(text) {
      length += text.length;
      if (length <= mostJson) parts.push(text);
    },
    end: () => (length > mostJson ? [at('json-size', 'is too large to be parsed here')] : jsonProblem(parts.join(''))),
  };
};

const loading =
  /<(?:link|img|iframe|frame|object|embed|video|audio|source|track|input|image|use|base|form)\b[^>]*?\s(?:src|srcset|href|xlink:href|data|poster|action|background)\s*=\s*["']?\s*(?:[a-z][a-z0-9+.-]*:)?\/\//gi;
const styleLoading = /<style\b[^>]*>[^<]*?(?:@import|url\(\s*["']?(?:[a-z]+:)?\/\/)/gi;

const htmlRules: readonly (readonly [rule: string, message: string, pattern: RegExp])[] = [
  ['html-script', 'holds a script', /<script\b/gi],
  ['html-script', 'holds an event handler', /<[a-z][^>]*?\son[a-z]+\s*=\s*["']?[a-z]/gi],
  ['html-script', 'holds a javascript: address', /<[a-z][^>]*?=\s*["']?\s*javascript:/gi],
  ['html-outside', 'loads from an outside address', loading],
  ['html-outside', 'loads from an outside address', styleLoading],
  ['html-outside', 'leads to another page by itself', /<meta\b[^>]*http-equiv\s*=\s*["']?refresh/gi],
];

const htmlCheck = (): ContentCheck => {
  const parts: string[] = [];
  return {
    write: (text) => parts.push(text),
    end() {
      // The pages' own script is known sign by sign; anything else that runs is a finding.
      const text = parts.join('').replace(`<script>${searchScript}</script>`, '');
      return htmlRules
        .flatMap(([rule, message, pattern]) =>
          [...text.matchAll(pattern)].map(({ index }) => at(rule, message, ...positionOf(text, index))),
        )
        .slice(0, mostFindings);
    },
  };
};

const cards = /^(?:BEGIN:VCARD\r\nVERSION:4\.0\r\n(?:(?!BEGIN:|END:)[^\r\n]+\r\n)+END:VCARD\r\n)+$/;

const cardCheck = (): ContentCheck => {
  const parts: string[] = [];
  return {
    write: (text) => parts.push(text),
    end() {
      const text = parts.join('');
      const isFolded = text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75);
      return cards.test(text) && isFolded ? [] : [at('vcard', 'is not a list of vCards 4.0')];
    },
  };
};

const plainCheck = (): ContentCheck => ({ write: () => undefined, end: () => [] });

const checks: Readonly<Record<string, () => ContentCheck>> = {
  csv: () => new CsvCheck(),
  json: jsonCheck,
  html: htmlCheck,
  vcf: cardCheck,
  txt: plainCheck,
  sha256: plainCheck,
};

/** Documents of a source are handed over as they are: what stands in them is not ours to judge. */
const isDocument = (path: string): boolean => /^[^/]+\/[^/]+\/(?:filer|files)\//.test(path);

/** The check for a file of ours, by its extension; undefined for a document of a source, and for what is not text. */
export const contentCheck = (path: string): ContentCheck | undefined => {
  if (isDocument(path)) return undefined;
  return checks[path.split('.').at(-1)?.toLowerCase() ?? '']?.();
};
