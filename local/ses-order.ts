import { addressParser } from 'postal-mime';
import type { QueryInput } from './protocol.ts';
import { AwsError } from './service.ts';

/** A mail as a call asks for it. */
export interface Order {
  readonly raw: Buffer;
  readonly headers: readonly Header[];
  readonly source: string;
  /** Every address that speaks for the sender: each must be verified. */
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
  readonly configurationSet?: string;
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** A header field as it stands in the message, unfolded. */
interface Header {
  readonly name: string;
  readonly value: string;
}

/** SendRawEmail: the envelope is Destinations where given, else the header fields. Throws InvalidParameterValue. */
export function rawOrder(input: QueryInput): Order {
  const data = input.get('RawMessage.Data');
  if (data === undefined) throw new AwsError('ValidationError', 'RawMessage.Data is required.');
  const raw = Buffer.from(data, 'base64');
  const headers = headersOf(raw);
  refuseDuplicates(headers);
  const from = addressesIn(headers, ['from']);
  if (from.length === 0) throw invalid("Missing required header 'From'.");
  const destinations = input.list('Destinations').flatMap(addressesOf);
  const source = addressesOf(input.get('Source') ?? '')[0] ?? (from[0] as string);
  return {
    raw,
    headers,
    source,
    senders: unique([...from, source, ...addressesIn(headers, ['sender', 'return-path'])]),
    recipients: destinations.length > 0 ? destinations : addressesIn(headers, ['to', 'cc', 'bcc']),
    configurationSet: input.get('ConfigurationSetName') ?? headerOf(headers, 'x-ses-configuration-set'),
    tags: tagsOf(headerOf(headers, 'x-ses-message-tags') ?? ''),
  };
}

/** Of the header `X-SES-MESSAGE-TAGS: name=value, name=value`. */
function tagsOf(header: string): Order['tags'] {
  const written = header.split(',').filter((part) => part.trim() !== '');
  const pairs = written.map((part) => part.split('=').map((side) => side.trim()));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [checkedTag(name), [checkedTag(value)]]));
}

function checkedTag(text: string): string {
  if (/^[\w.@-]{1,256}$/.test(text)) return text;
  throw invalid(`Invalid tag text <${text}>: only alphanumeric ASCII characters, '_', '-', '.' and '@' are allowed.`);
}

/** The header fields of a message, unfolded, in order. */
function headersOf(raw: Buffer): Header[] {
  const end = raw.toString('latin1').search(/\r?\n\r?\n/);
  const text = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8');
  const lines = text.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }] : [];
  });
}

const singular = ['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'return-path'];

function refuseDuplicates(headers: readonly Header[]): void {
  for (const name of singular) {
    const same = headers.filter((header) => header.name.toLowerCase() === name);
    if (same.length > 1) throw invalid(`Duplicate header '${same[0]?.name}'.`);
  }
}

function headerOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

function addressesIn(headers: readonly Header[], names: readonly string[]): string[] {
  return names.flatMap((name) => addressesOf(headerOf(headers, name) ?? ''));
}

function addressesOf(text: string): string[] {
  return addressParser(text, { flatten: true }).flatMap(({ address, name }) => {
    const found = address || name;
    return found ? [found] : [];
  });
}

const unique = (list: readonly string[]): string[] => [...new Set(list)];
/** SES's error for a parameter or a header that it can't use. */
export const invalid = (message: string): AwsError => new AwsError('InvalidParameterValue', message);

/** The local part and the domain; a text without @ is all domain. */
export function split(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
}

/** The address with its domain in lower case: the local part is case-sensitive. */
export function normal(address: string): string {
  const [local, domain] = split(address);
  return `${local}@${domain.toLowerCase()}`;
}
