/**
 * What no typed text may hold: control signs could forge lines of a mail header, and signs that turn the writing direction could forge what a
 * reader sees.
 */
export const oneLine = /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u;
export const manyLines = /^(?:[\n\t]|[^\p{Cc}\u202a-\u202e\u2066-\u2069])*$/u;

/** Whether a text of one or more lines holds none of them, however the browser ended its lines. */
export const isPlain = (text: string): boolean => manyLines.test(text.replaceAll('\r\n', '\n'));

/** The text with such signs written out, so that whoever typed it finds them: `[U+202E]`. */
export const marked = (text: string): string =>
  [...text.replaceAll('\r\n', '\n')]
    .map((sign) =>
      manyLines.test(sign) ? sign : `[U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .join('');
