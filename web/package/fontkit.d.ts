declare module 'fontkit' {
  /** A parsed font; it has more, which pdfkit uses. */
  interface ParsedFont {
    hasGlyphForCodePoint(codePoint: number): boolean;
  }
  export function create(font: Uint8Array): ParsedFont;
}
