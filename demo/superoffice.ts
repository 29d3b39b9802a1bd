import { generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Running } from './crm.ts';
import { type Contact, troubled } from './sales.ts';

const tenant = 'Cust12345';
const customerField = 'SuperOffice:1';

// As often as one round of the workflow asks: the round fails, and asking again finds the record.
const refusals = 5;

type Answer = readonly [status: number, body: unknown];

/** The system user's token of SuperOffice, with the minute behind it, signed by the partner's key, is exchanged for a ticket. */
const logIn = (body: string, app: string, key: KeyObject, ticket: string): Answer => {
  const { SignedSystemToken, ApplicationToken, ContextIdentifier } = JSON.parse(body) as Record<string, string>;
  const [, signed = '', signature = ''] = /^(.+\.\d{12})\.(.+)$/.exec(SignedSystemToken ?? '') ?? [];
  const isSigned = verify('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64'));
  if (!isSigned || ApplicationToken !== app || ContextIdentifier !== tenant)
    return [200, { IsSuccessful: false, Token: null, ErrorMessage: 'the system user is not known' }];
  const claims = JSON.stringify({ 'http://schemes.superoffice.net/identity/ticket': ticket });
  return [200, { IsSuccessful: true, Token: `e30.${Buffer.from(claims).toString('base64url')}.c2ln` }];
};

/** GET /v1/Person?$filter=email/emailAddress eq '...'&$select=...: a list of the columns asked for. */
const listed = (contacts: readonly Contact[], query: URLSearchParams): Answer => {
  const quoted = /^email\/emailAddress eq '((?:[^'\\]|\\.)*)'$/s.exec(query.get('$filter') ?? '')?.[1];
  if (quoted === undefined) return [400, { Message: 'the filter can not be read' }];
  const email = quoted.replace(/\\(.)/gs, '$1').toLowerCase();
  const columns = (query.get('$select') ?? '').split(',');
  const value = contacts
    .filter((one) => one.email.toLowerCase() === email)
    .map(({ email: address, customerNumber, ...rest }): Readonly<Record<string, unknown>> => {
      return { ...rest, 'email/emailAddress': address, [`personUdef/${customerField}`]: customerNumber };
    })
    .map((held) => Object.fromEntries(columns.map((name) => [name, held[name]])));
  return [200, { 'odata.metadata': `${tenant}/Person`, value, 'odata.nextLink': null }];
};

/** GET /v1/Person/{id}: the whole record. */
const whole = ({ personId, firstName, lastName, title, email, customerNumber }: Contact) => ({
  PersonId: personId,
  Firstname: firstName,
  Lastname: lastName,
  Title: title,
  Emails: [{ Value: email }],
  UserDefinedFields: { [customerField]: customerNumber },
});

const personsOf = (contacts: readonly Contact[]) => {
  let refused = 0;
  return ({ pathname, searchParams }: URL): Answer => {
    const path = pathname.replace(`/${tenant}/api/v1/`, '');
    if (path === 'Person') return listed(contacts, searchParams);
    const found = contacts.find(({ personId }) => path === `Person/${personId}`);
    if (!found) return [404, { Message: 'no such person' }];
    if (found.personId === troubled && refused < refusals) {
      refused += 1;
      return [500, { Message: 'the record can not be read now' }];
    }
    return [200, whole(found)];
  };
};

/** A service that answers as SuperOffice documents, on a free port, and the secret of the connector that may ask it. */
export const startSuperOffice = async (contacts: readonly Contact[]): Promise<Running & { secret: object }> => {
  const host = '127.0.0.1';
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const [app, ticket, user] = [12, 12, 12].map((bytes) => randomBytes(bytes).toString('base64url')) as [
    string,
    string,
    string,
  ];
  const persons = personsOf(contacts);
  const mayRead = (headers: IncomingHttpHeaders) =>
    headers.authorization === `SOTicket ${ticket}` && headers['so-apptoken'] === app;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${host}`);
    const answered = (): Answer => (mayRead(request.headers) ? persons(url) : [401, { Message: 'no ticket' }]);
    const isLogin = url.pathname === '/Login/api/PartnerSystemUser/Authenticate';
    const [status, body] = isLogin ? logIn(await text(request), app, publicKey, ticket) : answered();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const login = `http://${host}:${port}`;
  return {
    host,
    port,
    secret: {
      baseUrl: `${login}/${tenant}/api`,
      login,
      applicationToken: app,
      systemUserToken: user,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
};
