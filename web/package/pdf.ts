import { create } from 'fontkit';
import PDFDocument from 'pdfkit';
import { layout } from '../../domain/answer-layout.ts';
import { light } from '../mail/styles.ts';
import type { AnswerFacts } from './answer.ts';
import { type Block, letter } from './letter.ts';
import { answerTexts } from './texts.ts';

/** WOFF files of one weight, the first with the signs that most texts are written in. */
export type FontFiles = readonly Uint8Array[];

export interface Fonts {
  readonly regular: FontFiles;
  readonly bold: FontFiles;
}

type Weight = keyof Fonts;
type Structure = PDFKit.PDFStructureElement;

interface Style {
  readonly size: number;
  readonly weight: Weight;
  readonly colour: string;
  /** Free room before it, in points. */
  readonly above: number;
}

const styles = {
  H1: { size: 20, weight: 'bold', colour: light.ink, above: 20 },
  H2: { size: 14, weight: 'bold', colour: light.brand, above: 18 },
  H3: { size: 11.5, weight: 'bold', colour: light.ink, above: 12 },
  P: { size: 10.5, weight: 'regular', colour: light.ink, above: 6 },
  head: { size: 10.5, weight: 'regular', colour: light.soft, above: 4 },
  foot: { size: 8.5, weight: 'regular', colour: light.soft, above: 0 },
} as const satisfies Record<string, Style>;

const margin = 64;
const headWidth = 150;
const indent = 12;
/** A heading stays with as much of what follows. */
const company = 60;

/** Stands where no font has the signs. */
const gap = '[…]';

/** A PDF that is being written, sign by sign in the font that has it. */
class Paper {
  readonly doc: PDFKit.PDFDocument;
  /** Whether a text could not be written whole. */
  hasGaps = false;
  readonly #covers: Readonly<Record<Weight, readonly ((sign: string) => boolean)[]>>;
  readonly width: number;

  constructor(options: PDFKit.PDFDocumentOptions, fonts: Fonts) {
    this.doc = new PDFDocument(options);
    this.width = this.doc.page.width - 2 * margin;
    const covers = (weight: Weight) =>
      fonts[weight].map((file, at) => {
        this.doc.registerFont(`${weight}${at}`, file as unknown as string);
        const font = create(file);
        return (sign: string) => font.hasGlyphForCodePoint(sign.codePointAt(0) ?? 0);
      });
    this.#covers = { regular: covers('regular'), bold: covers('bold') };
  }

  #has(sign: string, weight: Weight): boolean {
    return this.#covers[weight].some((has) => has(sign));
  }

  /** A sign, or what it is made of without what no font has; '\0' where that is all of it. */
  #legibleSign(sign: string, weight: Weight): string {
    if (this.#has(sign, weight)) return sign;
    if (/\p{Pd}/u.test(sign)) return '-';
    if (/[\p{M}\p{Cf}]/u.test(sign)) return '';
    const parts = [...sign.normalize('NFKD').replaceAll(/\p{M}/gu, '')];
    return parts.every((each) => this.#has(each, weight)) ? parts.join('') : '\0';
  }

  /** A text as the fonts can show it, with one '\0' in place of signs that none has. */
  legible(text: string, weight: Weight): string {
    const signs = [...text.normalize('NFC').replaceAll(/\s+/g, ' ')];
    return signs
      .map((sign) => this.#legibleSign(sign, weight))
      .join('')
      .replaceAll(/\0[\0 ]*\0/g, '\0');
  }

  /** A text in runs of one font each. */
  #runs(text: string, weight: Weight): { font: string; text: string }[] {
    const runs: { font: string; text: string }[] = [];
    const legible = this.legible(text, weight);
    this.hasGaps ||= legible.includes('\0');
    for (const sign of legible.replaceAll('\0', gap)) {
      const font = `${weight}${this.#covers[weight].findIndex((has) => has(sign))}`;
      const last = runs.at(-1);
      if (last?.font === font) last.text += sign;
      else runs.push({ font, text: sign });
    }
    return runs;
  }

  height(text: string, { size, weight }: Style, width: number): number {
    return this.doc.font(`${weight}0`).fontSize(size).heightOfString(text, { width, lineGap: 2 });
  }

  /** Writes at a place of its own or below what stands, and goes on over as many pages as it takes. */
  write(text: string, { size, weight, colour }: Style, x: number, width: number): void {
    const runs = this.#runs(text, weight);
    for (const [at, run] of runs.entries()) {
      const options = { width, lineGap: 2, continued: at < runs.length - 1 };
      this.doc.font(run.font).fontSize(size).fillColor(colour);
      if (at === 0) this.doc.text(run.text, x, this.doc.y, options);
      else this.doc.text(run.text, options);
    }
  }

  /** Begins a page when not that much room is left on this one. */
  keep(height: number): void {
    const { doc } = this;
    const bottom = doc.page.height - margin;
    if (doc.y + height > bottom && height < bottom - margin) doc.addPage();
  }
}

const part = (paper: Paper, parent: Structure, type: string, write: () => void): void => {
  parent.add(paper.doc.struct(type, {}, [write]));
};

const group = (paper: Paper, parent: Structure, type: string, options: { scope?: string } = {}): Structure => {
  const element = paper.doc.struct(type, options as never);
  parent.add(element);
  return element;
};

type Table = Extract<Block, { kind: 'table' }>;

const line = ({ doc, width }: Paper): void => {
  doc.markContent('Artifact', { type: 'Layout' });
  doc
    .lineWidth(0.5)
    .strokeColor(light.line)
    .moveTo(margin, doc.y)
    .lineTo(margin + width, doc.y)
    .stroke();
  doc.endMarkedContent();
};

/** One row: its head beside its texts, one below the other. */
const row = (paper: Paper, table: Structure, [name, texts]: Table['rows'][number], isHead = false): void => {
  const { doc } = paper;
  const style: Style = isHead ? styles.head : styles.P;
  const right = paper.width - headWidth - indent;
  const heights = texts.map((text) => paper.height(text, style, right));
  paper.keep(
    Math.max(
      paper.height(name, styles.head, headWidth),
      heights.reduce((sum, each) => sum + each, 0),
    ) + 8,
  );
  doc.y += 4;
  const top = doc.y;
  const page = doc.page;
  const tr = group(paper, table, 'TR');
  const th = group(paper, tr, 'TH', { scope: isHead ? 'Column' : 'Row' });
  part(paper, th, 'P', () => paper.write(name, styles.head, margin, headWidth));
  const below = doc.y;
  if (doc.page === page) doc.y = top;
  const td = group(paper, tr, isHead ? 'TH' : 'TD', isHead ? { scope: 'Column' } : {});
  for (const text of texts) part(paper, td, 'P', () => paper.write(text, style, margin + headWidth + indent, right));
  if (doc.page === page) doc.y = Math.max(doc.y, below);
  doc.y += 2;
  line(paper);
};

const table = (paper: Paper, root: Structure, { heads, rows }: Table): void => {
  const element = group(paper, root, 'Table');
  paper.doc.y += styles.P.above;
  if (heads) row(paper, element, [heads[0], [heads[1]]], true);
  for (const each of rows) row(paper, element, each);
};

const bullets = (paper: Paper, root: Structure, items: readonly string[]): void => {
  const element = group(paper, root, 'L');
  for (const item of items) {
    paper.doc.y += styles.head.above;
    paper.keep(paper.height(item, styles.P, paper.width - indent));
    const top = paper.doc.y;
    const li = group(paper, element, 'LI');
    part(paper, li, 'Lbl', () => paper.write('•', styles.P, margin, indent));
    paper.doc.y = top;
    part(paper, li, 'LBody', () => paper.write(item, styles.P, margin + indent, paper.width - indent));
  }
};

const paragraph = (paper: Paper, root: Structure, { kind, text }: Extract<Block, { text: string }>): void => {
  const style = styles[kind];
  paper.doc.y += style.above;
  paper.keep(paper.height(text, style, paper.width) + (kind === 'P' ? 0 : company));
  part(paper, root, kind, () => paper.write(text, style, margin, paper.width));
};

const mm = 72 / 25.4;
/** The window of an envelope for A4 (DIN 5008, form B): the address stands within it, and nothing else does. */
const window = { top: 52 * mm, bottom: 90 * mm };

/** A line of the address; of a name that the fonts do not have whole the words that they have, and where it stands. */
const addressLines = (paper: Paper, item: string, { language }: AnswerFacts): string[] => {
  const legible = paper.legible(item, styles.P.weight);
  if (!legible.includes('\0')) return [item];
  const words = legible.split(' ').filter((word) => !word.includes('\0'));
  const where = words.length > 0 ? 'letter.name-whole' : 'letter.name';
  return [...(words.length > 0 ? [words.join(' ')] : []), answerTexts(language)(where, layout(language))];
};

const address = (paper: Paper, root: Structure, items: readonly string[]): void => {
  paper.doc.y = window.top;
  for (const item of items) part(paper, root, 'P', () => paper.write(item, styles.P, margin, 80 * mm));
  paper.doc.y = Math.max(paper.doc.y, window.bottom);
};

const draw = (paper: Paper, root: Structure, block: Block, facts: AnswerFacts): void => {
  if (block.kind === 'table') table(paper, root, block);
  else if (block.kind === 'address')
    address(
      paper,
      root,
      block.items.flatMap((item) => addressLines(paper, item, facts)),
    );
  else if (block.kind === 'list') bullets(paper, root, block.items);
  else paragraph(paper, root, block);
};

/** Which letter this is and which page, below each page; no part of what is read aloud. */
const footers = (paper: Paper, { language, reference }: AnswerFacts): void => {
  const { doc } = paper;
  const { count } = doc.bufferedPageRange();
  for (let at = 0; at < count; at += 1) {
    doc.switchToPage(at);
    // The foot stands where text would begin a page.
    doc.page.margins.bottom = 0;
    doc.y = doc.page.height - margin / 2 - 8;
    doc.markContent('Artifact', { type: 'Pagination' });
    const text = `${reference} - ${answerTexts(language)('letter.page', { n: at + 1, total: count })}`;
    paper.write(text, styles.foot, margin, paper.width);
    doc.endMarkedContent();
  }
};

/** The letter as a tagged PDF 1.7 on A4; the same facts give the same bytes. */
export const letterPdf = async (facts: AnswerFacts, fonts: Fonts): Promise<Buffer> => {
  const { language, reference, gatheredAt } = facts;
  const options = {
    size: 'A4',
    margin,
    pdfVersion: '1.7',
    tagged: true,
    lang: language,
    displayTitle: true,
    bufferPages: true,
    font: '',
    info: { Title: `${answerTexts(language)('letter.title')} - ${reference}`, CreationDate: new Date(gatheredAt) },
  } as const;
  const paper = new Paper(options, fonts);
  const chunks: Buffer[] = [];
  paper.doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => paper.doc.on('end', resolve));
  const root = paper.doc.struct('Document');
  paper.doc.addStructure(root);
  for (const block of letter(facts)) draw(paper, root, block, facts);
  if (paper.hasGaps)
    draw(paper, root, { kind: 'P', text: answerTexts(language)('letter.gaps', layout(language)) }, facts);
  root.end();
  footers(paper, facts);
  paper.doc.end();
  await ended;
  return Buffer.concat(chunks);
};
