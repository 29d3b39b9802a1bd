import type { Row, Value } from './connector.ts';
import type { Collection } from './data-map.ts';

const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (sign) => sign.toLowerCase());

/**
 * An address as it is compared: ASCII letters in lower case, everything else byte for byte. No Unicode case mapping and no
 * normalisation: a Kelvin sign is not a k, and a dotless i is not an i (T04).
 */
export const comparable = (address: string): string => asciiLower(address);

/** The fields of a collection that hold the person's address. */
export const addressFields = ({ identity }: Collection): string[] => [identity.email ?? []].flat();

/** What a field can be compared by: the values of a list each by itself, and nothing of what has parts of its own. */
export const textsOf = (value: Value | undefined): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return value === null || value === undefined || typeof value === 'object' ? [] : [String(value)];
};

/** Whether a field holds e-mail addresses, in which ASCII case does not count. */
export const holdsAddresses = (collection: Collection, field: string): boolean =>
  addressFields(collection).includes(field) ||
  /^user\.contact\.email(\.|$)/.test(collection.fields[field]?.category ?? '');

/** The forms to ask a source for: it may compare byte for byte and hold an address as typed, or in lower case. */
export const formsOf = (values: readonly string[], isAddress: boolean): string[] => [
  ...new Set(isAddress ? values.flatMap((value) => [value, comparable(value)]) : values),
];

/** `ja...@example.org`: enough to recognise one's own, too little to learn another's. */
export const masked = (address: string): string => {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, Math.min(2, at))}…${address.slice(at)}`;
};

/**
 * Splits what a source answered into rows whose field is exactly one of the values and the rest (T05): sources over-match through
 * collations, LIKE and prefix search. For an e-mail field ASCII case does not count.
 */
export const exactly = (field: string, values: ReadonlySet<string>, isAddress: boolean) => {
  const wanted = isAddress ? new Set([...values].map(comparable)) : values;
  return (row: Row): boolean => {
    return textsOf(row[field]).some((text) => wanted.has(isAddress ? comparable(text) : text));
  };
};
