/** A value in XML: text, a record of elements, or a list of elements of one name. */
export type Xml = string | number | boolean | undefined | { readonly [name: string]: Xml } | readonly Xml[];

/** An answer of S3: one root element. */
export function document(root: string, content: Xml): string {
  const open = `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${open}${inner(content)}</${root}>`;
}

function inner(value: Xml): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escaped(String(value));
  return Object.entries(value)
    .map(([name, child]) => elements(name, child as Xml))
    .join('');
}

function elements(name: string, value: Xml): string {
  if (value === undefined) return '';
  const all = Array.isArray(value) ? (value as Xml[]) : [value];
  return all.map((one) => `<${name}>${inner(one)}</${name}>`).join('');
}

function escaped(text: string): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  // A line end or a control character in a key must come back as it was.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones to escape
  return plain.replace(/[\u0000-\u001f\u007f]/g, (sign) => `&#x${sign.charCodeAt(0).toString(16)};`);
}

/** The inner text of every element of a name, in order; the small bodies that clients send have no attributes there. */
export function insides(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}

/** The text of the first element of a name, or undefined. */
export function textIn(xml: string, name: string): string | undefined {
  const [raw] = insides(xml, name);
  return raw?.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, entity: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return entities[entity] ?? all;
  });
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
