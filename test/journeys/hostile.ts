import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { demoBuckets, demoTables } from '../../demo/tables.ts';
import type { World } from './world.ts';

/** Values that break answers: what each is meant to break stands in its name. */
export const hostile = {
  danish: 'Ærøskøbing, Ålborg & Thyborøn',
  emoji: 'tak 👩‍👩‍👧‍👦 👍🏽',
  rightToLeft: 'שלום \u202Etxt.exe\u202C',
  nul: 'før\0efter',
  long: 'En lang tekst. '.repeat(70_000),
  formula: "=cmd|' /C calc'!A0",
  plus: '+45 20 00 00 00',
  script: '<script>document.title="run"</script>',
  style: '</style><img src=x onerror="document.title=\'run\'">',
  script2: '</script><script>document.title="run"</script>',
  template: `{{7*7}} $${'{7*7}'} <%= 7*7 %>`,
  quotes: 'a "quoted"; cell, with\r\ntwo lines',
  lineSeparator: 'one\u2028two',
  apostrophe: "'=1+1",
} as const;

/** A person whom every part of the demo holds something wild about. */
export const wild = { name: `Åse ${hostile.formula}`, email: 'vild@nordmail.example', customer: 990_001 };

/** Names that files must not get: each comes with a document in the support bucket. */
export const wildNames = [
  'CON.txt',
  'aux',
  '..%2f..%2fevil.txt',
  'samme.pdf',
  'SAMME.pdf',
  'run.exe',
  'x\u202Efdp.js',
  'æøå 👍.png',
];

const login = async (world: World) => {
  const vault = new SecretsManagerClient(local(world));
  const { SecretString = '{}' } = await vault.send(new GetSecretValueCommand({ SecretId: 'demo/crm' }));
  vault.destroy();
  const { host, port, dbname, username, password } = JSON.parse(SecretString);
  return { host, port, database: dbname, user: username, password };
};

const local = (world: World) => ({
  region: 'eu-west-1',
  endpoint: world.aws,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** The demonstration's customer register, open to be written to. */
export const openRegister = async (world: World): Promise<pg.Client> => {
  const client = new pg.Client(await login(world));
  await client.connect();
  return client;
};

const fillRegister = async (world: World) => {
  const client = await openRegister(world);
  const { customer, name, email } = wild;
  const person = [customer, name, email, hostile.plus, hostile.quotes, '0800', hostile.danish, '1899-12-31', 'P', true];
  await client.query('insert into customers values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)', [
    ...person,
    '1850-01-01T00:00:00Z',
  ]);
  // PostgreSQL keeps no NUL in a text.
  const texts = Object.values(hostile).filter((text) => !text.includes('\0'));
  for (const [at, text] of texts.entries()) {
    const note = [customer + at, customer, '2024-02-29T12:00:00Z', hostile.script, 1, text];
    await client.query('insert into notes values ($1,$2,$3,$4,$5,$6)', note);
  }
  await client.end();
  return texts;
};

/** 64-bit numbers, bytes, lists and names of members that a program may trip over. */
export const wildOrder = {
  orderId: 'W-1',
  customerId: String(wild.customer),
  placed: '1899-12-31T23:59:59Z',
  status: hostile.nul,
  total: 9223372036854775807n,
  lines: [
    {
      sku: hostile.formula,
      name: hostile.style,
      bytes: 'AP8=',
      constructor: hostile.script,
      '=1+1': -9007199254740993n,
    },
    [1, [2]],
    true,
    null,
  ],
};

const fillShop = async (world: World) => {
  const client = new DynamoDBClient(local(world));
  const text = (S: string) => ({ S });
  const Item = {
    orderId: text(wildOrder.orderId),
    customerId: text(wildOrder.customerId),
    placed: text(wildOrder.placed),
    status: text(wildOrder.status),
    total: { N: String(wildOrder.total) },
    lines: {
      L: [
        {
          M: {
            sku: text(hostile.formula),
            name: text(hostile.style),
            bytes: { B: Uint8Array.of(0, 255) },
            constructor: text(hostile.script),
            '=1+1': { N: '-9007199254740993' },
          },
        },
        { L: [{ N: '1' }, { L: [{ N: '2' }] }] },
        { BOOL: true },
        { NULL: true },
      ],
    },
  };
  await client.send(new PutItemCommand({ TableName: demoTables[0].name, Item }));
  client.destroy();
};

const fillSupport = async (world: World) => {
  const client = new S3Client({ ...local(world), forcePathStyle: true });
  for (const [at, name] of wildNames.entries()) {
    const Key = `customers/${wild.customer}/${name}`;
    await client.send(new PutObjectCommand({ Bucket: demoBuckets[0], Key, Body: Uint8Array.of(0, 255, 10, 13, at) }));
  }
  client.destroy();
};

/** Fills the demo's systems with the wild person; answers the notes' texts. */
export const fillWild = async (world: World): Promise<string[]> => {
  const texts = await fillRegister(world);
  await fillShop(world);
  await fillSupport(world);
  return texts;
};
