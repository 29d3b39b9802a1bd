import { addressParser } from 'postal-mime';
import type { Mailbox } from './mailbox.ts';
import { answerXml, QueryInput, unknownAction } from './protocol.ts';
import { AwsError, type Permission, type Service } from './service.ts';
import { arn } from './template-resources.ts';

/** A verified identity of the template: a domain or an address. */
export interface Identity {
  readonly name: string;
  /** The set a mail goes through when it names none. */
  readonly configurationSet?: string;
}

interface Options {
  readonly mailbox: Mailbox;
  readonly identities: readonly Identity[];
  /** Names. */
  readonly configurationSets: readonly string[];
}

const fields = ['Source', 'Destinations', 'RawMessage.Data', 'ConfigurationSetName'];
/** SES's own limits: recipients per message, bytes per message of the v1 API. */
const limits = { recipients: 50, bytes: 10_485_760 };

/** SES's SendRawEmail over the identities and configuration sets of the template. */
export function openSes(options: Options): Service {
  return {
    signingName: 'ses',
    permissions: (call) => permissionsOf(options, orderOf(new QueryInput(call))),
    handle: async (call, response) => {
      const order = orderOf(new QueryInput(call));
      check(options, order);
      const { id: MessageId } = await options.mailbox.put({ from: order.source, to: order.recipients, raw: order.raw });
      answerXml(response, 'http://ses.amazonaws.com/doc/2010-12-01/', 'SendRawEmail', { MessageId });
    },
  };
}

// What is to be sent.

type Order = ReturnType<typeof orderOf>;

/** A mail with its envelope: Destinations where given, else the header fields. Throws AwsError. */
function orderOf(input: QueryInput) {
  if (input.action !== 'SendRawEmail') throw unknownAction('ses', input.action);
  input.refuseOthers('ses', fields);
  const data = input.get('RawMessage.Data');
  if (data === undefined) throw new AwsError('ValidationError', 'RawMessage.Data is required.');
  const raw = Buffer.from(data, 'base64');
  const header = headersOf(raw);
  checkTags(header('x-ses-message-tags'));
  const addresses = (...names: string[]) => names.flatMap((name) => addressesOf(header(name)));
  const [from] = addresses('from');
  if (from === undefined) throw invalid("Missing required header 'From'.");
  const destinations = input.list('Destinations').flatMap(addressesOf);
  const source = addressesOf(input.get('Source'))[0] ?? from;
  return {
    ...{ raw, from, source },
    /** Every address that speaks for the sender: each must be verified. */
    senders: [...new Set([...addresses('from'), source, ...addresses('sender', 'return-path')])],
    recipients: destinations.length > 0 ? destinations : addresses('to', 'cc', 'bcc'),
    configurationSet: input.get('ConfigurationSetName') ?? header('x-ses-configuration-set'),
  };
}

const singular = ['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'return-path'];

/** The unfolded header fields of a message by their lower-case names. Throws on one that stands twice and must not. */
function headersOf(raw: Buffer): (name: string) => string | undefined {
  const end = raw.toString('latin1').search(/\r?\n\r?\n/);
  const text = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8').replaceAll(/\r?\n[ \t]+/g, ' ');
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/^([^:\r\n]+):(.*)$/gm)) {
    const key = name.toLowerCase();
    if (found.has(key) && singular.includes(key)) throw invalid(`Duplicate header '${name}'.`);
    if (!found.has(key)) found.set(key, value.trim());
  }
  return (name) => found.get(name);
}

/** Tags such as `name=value, name=value`: nothing here reads them, but SES refuses a wrong one. */
function checkTags(header = ''): void {
  const texts = header.split(/[,=]/).map((text) => text.trim());
  const wrong = header === '' ? undefined : texts.find((text) => !/^[\w.@-]{1,256}$/.test(text));
  if (wrong !== undefined) throw invalid(`Invalid tag text <${wrong}>: letters, digits, '_', '-', '.' and '@' only.`);
}

function addressesOf(text = ''): string[] {
  const parsed = addressParser(text, { flatten: true });
  return parsed.map(({ address, name }) => address || name).filter(Boolean);
}

// Whether it may be.

/** On the identity that sends and on the configuration set that is used. */
function permissionsOf(options: Options, order: Order): Permission[] {
  const { from, source, recipients } = order;
  const context = {
    'ses:FromAddress': from,
    'ses:Recipients': recipients,
    'ses:FeedbackAddress': source,
    'ses:ApiVersion': '1',
  };
  const set = setNameOf(options, order);
  const resources = [`identity/${identityOf(options, from)?.name ?? from}`];
  if (set !== undefined) resources.push(`configuration-set/${set}`);
  return resources.map((resource) => ({ action: 'ses:SendRawEmail', resource: arn('ses', resource), context }));
}

/** The set that a mail goes through: the one it names, else the one of its identity. */
function setNameOf(options: Options, { configurationSet, from }: Order): string | undefined {
  return configurationSet ?? identityOf(options, from)?.configurationSet;
}

/** An address of its own is stronger than its domain; a verified domain covers its sub-domains. */
function identityOf({ identities }: Options, address: string): Identity | undefined {
  const [local, domain] = split(address);
  const covers = ({ name }: Identity) => !name.includes('@') && `.${domain}`.endsWith(`.${name.toLowerCase()}`);
  const exact = identities.find(({ name }) => name.includes('@') && split(name).join('@') === `${local}@${domain}`);
  return exact ?? identities.find(covers);
}

function check(options: Options, order: Order): void {
  const { raw, senders, recipients } = order;
  if (recipients.length === 0) throw invalid("Missing required header 'To'.");
  if (recipients.length > limits.recipients) throw invalid(`Recipient count exceeds ${limits.recipients}.`);
  if (raw.length > limits.bytes) throw invalid(`Message length is more than ${limits.bytes} bytes: '${raw.length}'.`);
  for (const address of [...senders, ...recipients]) checkAddress(address);
  const failed = senders.filter((address) => identityOf(options, address) === undefined).join(', ');
  const where = 'The following identities failed the check in region EU-WEST-1';
  if (failed !== '') throw new AwsError('MessageRejected', `Email address is not verified. ${where}: ${failed}`);
  const set = setNameOf(options, order);
  if (set === undefined || options.configurationSets.includes(set)) return;
  const missing = `Configuration set <${set}> does not exist.`;
  throw new AwsError('ConfigurationSetDoesNotExist', missing, 400, { ConfigurationSetName: set });
}

function checkAddress(address: string): void {
  const [local, domain] = split(address);
  if (local === '' || domain === '') throw invalid("Missing final '@domain'");
  if (/[^\x21-\x7e]/.test(local)) throw invalid('Local address contains control or whitespace');
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) throw invalid('Domain contains illegal character');
}

/** The local part and the domain, in lower case: only the local part is case-sensitive. A text without @ is all domain. */
function split(address: string): [local: string, domain: string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1).toLowerCase()];
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValue', message);
