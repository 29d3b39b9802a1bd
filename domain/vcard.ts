import type { Row, Value } from './connector.ts';
import type { Collection } from './data-map.ts';

/** Data categories that a contact is made of. The more particular stands first. */
const categories = {
  given: 'user.name.first',
  family: 'user.name.last',
  name: 'user.name',
  email: 'user.contact.email',
  phone: 'user.contact.phone_number',
  street: 'user.contact.address.street',
  city: 'user.contact.address.city',
  region: 'user.contact.address.state',
  postcode: 'user.contact.address.postal_code',
  country: 'user.contact.address.country',
  born: 'user.demographic.date_of_birth',
} as const;
type Part = keyof typeof categories;

const within = (category: string, wider: string): boolean => category === wider || category.startsWith(`${wider}.`);

const partOf = (category = ''): Part | undefined =>
  (Object.keys(categories) as Part[]).find((part) => within(category, categories[part]));

const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a card may hold none but the line break
    .replaceAll(/[\0-\x09\x0b\x0c\x0e-\x1f\x7f]/g, ' ')
    .replaceAll(/[\\,;]/g, (sign) => `\\${sign}`)
    .replaceAll(/\r\n|\r|\n/g, '\\n');

/** RFC 6350, 3.2: a line has at most 75 octets, and goes on behind a blank. */
const folded = (line: string): string => {
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const sign of line) {
    const size = Buffer.byteLength(sign);
    if (octets + size > 75) {
      parts.push(part);
      part = ' ';
      octets = 1;
    }
    part += sign;
    octets += size;
  }
  return [...parts, part].join('\r\n');
};

const day = /^(\d{4})-(\d\d)-(\d\d)$/;

const textOf = (value: Value | undefined): string => (typeof value === 'object' ? '' : String(value ?? '').trim());

const addressLine = (of: Readonly<Partial<Record<Part, string>>>): string | undefined => {
  const parts = [of.street, of.city, of.region, of.postcode, of.country].map((part) => part ?? '');
  return parts.some(Boolean) ? `ADR:;;${parts.map(escaped).join(';')}` : undefined;
};

/** The fields of a collection that hold contact data of the person; undefined when it is not found by the person, or has no name. */
export const contactFields = (collection: Collection): ReadonlyMap<string, Part> | undefined => {
  if (Object.keys(collection.identity).length === 0) return undefined;
  const parts = Object.entries(collection.fields).flatMap(([name, { category }]) => {
    const part = partOf(category);
    return part ? [[name, part] as const] : [];
  });
  const found = new Map(parts);
  const held = new Set(found.values());
  return held.has('name') || held.has('given') || held.has('family') ? found : undefined;
};

/** A row as a vCard 4.0 (RFC 6350); '' when it names nobody. */
export const card = (row: Row, fields: ReadonlyMap<string, Part>): string => {
  const of: Partial<Record<Part, string>> = {};
  for (const [name, part] of fields) of[part] ||= textOf(row[name]);
  const full = of.name || [of.given, of.family].filter(Boolean).join(' ');
  if (!full) return '';
  const [, year, month, date] = day.exec(of.born ?? '') ?? [];
  const lines = [
    'BEGIN:VCARD',
    'VERSION:4.0',
    `FN:${escaped(full)}`,
    of.given || of.family ? `N:${escaped(of.family ?? '')};${escaped(of.given ?? '')};;;` : undefined,
    of.email ? `EMAIL:${escaped(of.email)}` : undefined,
    of.phone ? `TEL;VALUE=text:${escaped(of.phone)}` : undefined,
    addressLine(of),
    year ? `BDAY:${year}${month}${date}` : undefined,
    'END:VCARD',
  ];
  return lines
    .filter((line) => line !== undefined)
    .map((line) => `${folded(line)}\r\n`)
    .join('');
};
