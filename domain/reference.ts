/** Crockford's base 32 without vowels and look-alikes: nothing that reads as a word, nothing that is misread aloud. */
const alphabet = '23456789BCDFGHJKMNPQRSTVWXYZ';

/** Coprime to 28, so that every single wrong sign is seen. */
const weights = [1, 3, 5, 9, 11, 13, 15, 17];

const checkOf = (eight: string): string => {
  const sum = [...eight].reduce((total, sign, place) => total + alphabet.indexOf(sign) * (weights[place] as number), 0);
  return alphabet[sum % alphabet.length] as string;
};

/** The case number people say aloud: 8 signs and a check sign, shown 3-3-3 (K7F-4QX-92M). It is not a secret. `bytes`: at least 8. */
export const referenceFrom = (bytes: Uint8Array): string => {
  const eight = Array.from(bytes.subarray(0, 8), (byte) => alphabet[byte % alphabet.length]).join('');
  const nine = eight + checkOf(eight);
  return `${nine.slice(0, 3)}-${nine.slice(3, 6)}-${nine.slice(6)}`;
};

/** The case number in its written form, or undefined when it cannot be one (typing errors included). */
export const parseReference = (text: string): string | undefined => {
  const nine = text.toUpperCase().replaceAll(/[\s-]/g, '');
  if (nine.length !== 9 || [...nine].some((sign) => !alphabet.includes(sign))) return undefined;
  if (checkOf(nine.slice(0, 8)) !== nine[8]) return undefined;
  return `${nine.slice(0, 3)}-${nine.slice(3, 6)}-${nine.slice(6)}`;
};

/** What a person types to show that they mean this case: its last four signs. */
export const lastFour = (reference: string): string => reference.replaceAll('-', '').slice(-4);

/** A code to read in a mail and type on a page: 6 signs (28^6 = 4.8e8). Unbiased: bytes of 252 and more are skipped. */
export const codeFrom = (bytes: Uint8Array): string =>
  Array.from(bytes)
    .filter((byte) => byte < 252)
    .slice(0, 6)
    .map((byte) => alphabet[byte % 28])
    .join('');

/** A one-time code of 8 digits. Unbiased: bytes of 250 and more are skipped. */
export const digitsFrom = (bytes: Uint8Array): string =>
  Array.from(bytes)
    .filter((byte) => byte < 250)
    .slice(0, 8)
    .map((byte) => String(byte % 10))
    .join('');

/** Whether something typed can be a code of that length: what cannot is no attempt, so that a scanner's empty form burns none (T24). */
export const canBeCode = (typed: string, length: 6 | 8): boolean => typed.length === length;

/** A typed code as it was meant: case, blanks and hyphens do not count. */
export const typedCode = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '');
