import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an AWS account and a domain's DNS say of a deployment; the local cloud models neither sandbox nor confirmations. */
export interface Account {
  deployed: boolean;
  verified: boolean;
  dailyMails: number;
  /** Subscription ARNs by topic, as SNS lists them. */
  readonly subscriptions: Record<string, string[]>;
  readonly secrets: Record<string, string>;
  readonly texts: Record<string, string>;
}

const entries = (list: readonly string[]): string => list.map((text) => `<member>${text}</member>`).join('');

const outputsOf = (names: readonly string[]): string =>
  entries(
    names.map((name) => `<OutputKey>${name}</OutputKey><OutputValue>arn:aws:sns:eu-west-1:1:${name}</OutputValue>`),
  );

const named = ['RequestsTable', 'EvidenceBucket', 'AuditBucket', 'AuditKey', 'EscalationTopic', 'AlarmTopic'];

const answers: Readonly<Record<string, (form: URLSearchParams, account: Account) => string | undefined>> = {
  DescribeStacks: (form, { deployed }) =>
    deployed
      ? `<Stacks><member><StackName>${form.get('StackName')}</StackName><Outputs>${outputsOf(named)}</Outputs></member></Stacks>`
      : undefined,
  GetIdentityVerificationAttributes: (form, { verified }) =>
    `<VerificationAttributes><entry><key>${form.get('Identities.member.1')}</key><value><VerificationStatus>${verified ? 'Success' : 'Pending'}</VerificationStatus></value></entry></VerificationAttributes>`,
  GetIdentityDkimAttributes: (form) =>
    `<DkimAttributes><entry><key>${form.get('Identities.member.1')}</key><value><DkimEnabled>true</DkimEnabled><DkimVerificationStatus>Pending</DkimVerificationStatus><DkimTokens>${entries(['one', 'two', 'three'])}</DkimTokens></value></entry></DkimAttributes>`,
  GetSendQuota: (_, { dailyMails }) => `<Max24HourSend>${dailyMails}.0</Max24HourSend>`,
  ListSubscriptionsByTopic: (form, { subscriptions }) => {
    const found = subscriptions[form.get('TopicArn')?.split(':').at(-1) ?? ''] ?? [];
    return `<Subscriptions>${entries(found.map((arn) => `<SubscriptionArn>${arn}</SubscriptionArn>`))}</Subscriptions>`;
  },
};

/** Answers the few questions about an account in AWS's own shapes. */
const startAws = async (account: Account) => {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
      const { SecretId } = JSON.parse(body) as { SecretId: string };
      return response.end(JSON.stringify({ Name: SecretId, SecretString: account.secrets[SecretId] }));
    }
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const result = answers[action]?.(form, account);
    if (result !== undefined)
      return response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    const message = `Stack with id ${form.get('StackName')} does not exist`;
    response.writeHead(400);
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

/** The name in a DNS question, and where the question ends. */
const questionOf = (query: Buffer) => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
};

/** A name server that knows texts (RFC 1035): one TXT record for a name, or that there is no such name. */
const startDns = async (account: Account) => {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = questionOf(query);
    const text = account.texts[name];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
    for (const [place, count] of [1, text === undefined ? 0 : 1, 0, 0].entries())
      header.writeUInt16BE(count, 4 + 2 * place);
    const data = Buffer.from(text ?? '');
    // The name by its place in the question; type TXT, class IN, a minute to live.
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length + 1, data.length]);
    const answer = text === undefined ? [] : [record, data];
    socket.send(Buffer.concat([header, query.subarray(12, end), ...answer]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
};

export const startStandIn = async (account: Account) => {
  const [aws, dns] = [await startAws(account), await startDns(account)];
  const close = () => {
    aws.close();
    dns.close();
  };
  return { endpoint: `http://127.0.0.1:${aws.port}`, nameServer: `127.0.0.1:${dns.port}`, close };
};
