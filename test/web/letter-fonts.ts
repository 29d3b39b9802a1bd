import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fonts } from '../../web/package/pdf.ts';

const folder = join(import.meta.dirname, '../../node_modules/@fontsource/source-sans-3/files');
const filesOf = (weight: number) =>
  ['latin', 'latin-ext', 'vietnamese', 'greek', 'greek-ext', 'cyrillic', 'cyrillic-ext'].map((signs) =>
    readFileSync(join(folder, `source-sans-3-${signs}-${weight}-normal.woff`)),
  );

/** The letter's fonts, which esbuild puts into the function's bundle. */
export const letterFonts: Fonts = { regular: filesOf(400), bold: filesOf(600) };
