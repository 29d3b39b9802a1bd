import { type Chance, chanceOf } from './chance.ts';
import { pdfFile, pngFile, textFile } from './files.ts';
import { goods, remarks, streets, towns } from './names.ts';
import { type Person, people } from './people.ts';
import { businessLetters, businessOrders, businessShipments, type Contact, contacts } from './sales.ts';

/** Changes whenever the seed gives other data: what was seeded under another version is seeded anew. */
export const seedVersion = '2';

export type Customer = Readonly<{
  id: number;
  name: string;
  email: string;
  phone: string;
  street: string;
  postcode: string;
  town: string;
  born: string;
  segment: 'P' | 'B' | 'S';
  marketing: boolean;
  created: string;
}>;

export type Note = Readonly<{
  id: number;
  customer: number;
  written: string;
  author: string;
  channel: number;
  text: string;
}>;
type Line = Readonly<{ sku: string; name: string; quantity: number; price: number }>;

export type Order = Readonly<{
  orderId: string;
  customerId: string;
  placed: string;
  status: 'DELIVERED' | 'RETURNED' | 'OPEN';
  total: number;
  lines: readonly Line[];
}>;

export type Shipment = Readonly<{
  orderId: string;
  shipmentId: string;
  carrier: string;
  tracking: string;
  sent: string;
  address: string;
}>;

export type Attachment = Readonly<{
  customerId: string;
  key: string;
  name: string;
  contentType: string;
  body: Uint8Array;
}>;

export type Subscription = Readonly<{
  id: string;
  email: string;
  list: string;
  status: 'active' | 'unsubscribed';
  since: string;
  consent: string;
  /** A business customer's number in SuperOffice. */
  contact?: number;
}>;

export type Folder = Readonly<{ email: string; box: string; folder: string; year: number; contents: string }>;

/** Everything that the demo's systems hold. */
export interface Seed {
  readonly customers: readonly Customer[];
  readonly notes: readonly Note[];
  readonly orders: readonly Order[];
  readonly shipments: readonly Shipment[];
  readonly attachments: readonly Attachment[];
  readonly subscriptions: readonly Subscription[];
  readonly archive: readonly Folder[];
  readonly contacts: readonly Contact[];
}

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const customer = (chance: Chance, { name, email }: Person, id: number): Customer => {
  const [postcode, town] = chance.pick(towns);
  return {
    id,
    name,
    email,
    phone: `+45 ${many(4, () => 20 + chance.upTo(79)).join(' ')}`,
    street: `${chance.pick(streets)} ${1 + chance.upTo(120)}`,
    postcode,
    town,
    born: chance.instant(1935, 2007).slice(0, 10),
    segment: chance.pick(['P', 'P', 'P', 'B', 'S']),
    marketing: chance.in(45),
    created: chance.instant(2016, 2026),
  };
};

const note = (chance: Chance, { id, name }: Customer): Omit<Note, 'id'> => ({
  customer: id,
  written: chance.instant(2022, 2026),
  author: chance.pick(['Birgit', 'Tonny', 'Søs', 'Ahmed']),
  channel: 1 + chance.upTo(3),
  text: chance.pick(remarks).replace('{name}', name),
});

const order = (chance: Chance, { id }: Customer, number: number): Order => {
  const lines = many(1 + chance.upTo(3), () => {
    const [sku, name, price] = chance.pick(goods);
    return { sku, name, quantity: 1 + chance.upTo(2), price };
  });
  const total = lines.reduce((sum, { quantity, price }) => sum + Math.round(quantity * price * 100), 0) / 100;
  return {
    orderId: `NH-${100_000 + number}`,
    customerId: `${id}`,
    placed: chance.instant(2023, 2026),
    status: chance.pick(['DELIVERED', 'DELIVERED', 'DELIVERED', 'RETURNED', 'OPEN']),
    total,
    lines,
  };
};

const shipment = (
  chance: Chance,
  { orderId, placed }: Order,
  { street, postcode, town }: Customer,
  part: number,
): Shipment => ({
  orderId,
  shipmentId: `${orderId}-${part + 1}`,
  carrier: chance.pick(['Budstikken', 'Pakkeposten']),
  tracking: `DK${many(9, () => chance.upTo(10)).join('')}`,
  sent: `${placed.slice(0, 11)}23:00:00Z`,
  address: `${street}, ${postcode} ${town}`,
});

const attachments = (chance: Chance, { id, name }: Customer): Attachment[] => {
  const shade = () => chance.upTo(256);
  const files: [string, string, Uint8Array][] = [
    [
      'samtale.txt',
      'text/plain',
      textFile([`${name}: Hej, min pakke er ikke kommet.`, 'Support: Det ser vi på med det samme.']),
    ],
    ['kvittering æøå.pdf', 'application/pdf', pdfFile(['Nordlys Handel A/S', `Kvittering til kunde ${id}`])],
    ['fotos/skade.png', 'image/png', pngFile(24, [shade(), shade(), shade()])],
  ];
  const kept = id <= 103 ? files : files.slice(chance.upTo(3));
  return kept.map(([file, contentType, body]) => ({
    customerId: `${id}`,
    key: `customers/${id}/${file}`,
    name: file,
    contentType,
    body,
  }));
};

const lists = ['Nyheder', 'Tilbud', 'Kundeklub', 'Friluftsliv'];

const subscriptions = (chance: Chance, { email }: Person, number: number): Subscription[] =>
  lists.slice(0, 1 + chance.upTo(lists.length)).map((list, index) => ({
    id: `${5_000 + number}-${index + 1}`,
    email,
    list,
    status: chance.in(75) ? 'active' : 'unsubscribed',
    since: chance.instant(2019, 2026),
    consent: 'Ja tak til nyhedsbrev (afkrydset på nordlys.example)',
  }));

const folder = (chance: Chance, { name, email }: Person): Folder => {
  const year = 1995 + chance.upTo(15);
  const box = `K-${100 + chance.upTo(80)}`;
  return {
    email,
    box,
    folder: `${name.split(' ').at(-1)} ${year}`,
    year,
    contents: chance.pick(['Købekontrakt', 'Reklamation', 'Brevveksling']),
  };
};

const withIds = (notes: readonly Omit<Note, 'id'>[]): Note[] => notes.map((one, index) => ({ id: index + 1, ...one }));

const build = (): Seed => {
  const chance = chanceOf(20_260_124);
  const everybody = people(2_400, chance);
  const inSystem = (known: Parameters<Person['known']['has']>[0]) =>
    everybody.filter((person) => person.known.has(known));
  const customers = inSystem('crm').map((person, index) => customer(chance, person, 101 + index));
  const byEmail = new Map(customers.map((one) => [one.email, one]));
  const customersIn = (known: 'webshop' | 'support') =>
    inSystem(known).flatMap(({ email }) => byEmail.get(email) ?? []);
  const notes = withIds(customers.flatMap((one) => many(one.id <= 102 ? 3 : chance.upTo(3), () => note(chance, one))));
  const ordered = customersIn('webshop')
    .flatMap((one) => many(one.id <= 103 ? 3 : 1 + chance.upTo(2), () => one))
    .map((one, index) => ({ one, order: order(chance, one, index) }));
  return {
    customers,
    notes,
    orders: [...ordered.map(({ order }) => order), ...businessOrders],
    shipments: [
      ...ordered.flatMap(({ one, order }) => many(chance.in(15) ? 2 : 1, (part) => shipment(chance, order, one, part))),
      ...businessShipments,
    ],
    attachments: customersIn('support').flatMap((one) => attachments(chance, one)),
    subscriptions: [
      ...inSystem('newsletter').flatMap((person, index) => subscriptions(chance, person, index)),
      ...businessLetters,
    ],
    archive: inSystem('archive').map((person) => folder(chance, person)),
    contacts,
  };
};

let built: Seed | undefined;

/** The data of the demo's systems: always the same. */
export const seed = (): Seed => {
  built ??= build();
  return built;
};

/** Exactly what the systems hold for one address, found by looking through everything. */
export const holdings = (email: string): Seed => {
  const all = seed();
  const customers = all.customers.filter((one) => one.email === email);
  const subscriptions = all.subscriptions.filter((one) => one.email === email);
  const linked = new Set(subscriptions.map(({ contact }) => contact));
  const known = all.contacts.filter((one) => one.email === email || linked.has(one.personId));
  const ids = new Set(customers.map(({ id }) => `${id}`));
  const inShop = new Set([...ids, ...known.map(({ customerNumber }) => customerNumber)]);
  const orders = all.orders.filter(({ customerId }) => inShop.has(customerId));
  const orderIds = new Set(orders.map(({ orderId }) => orderId));
  return {
    customers,
    notes: all.notes.filter((one) => ids.has(`${one.customer}`)),
    orders,
    shipments: all.shipments.filter(({ orderId }) => orderIds.has(orderId)),
    attachments: all.attachments.filter(({ customerId }) => ids.has(customerId)),
    subscriptions,
    archive: all.archive.filter((one) => one.email === email),
    contacts: known,
  };
};
