import type { Order, Shipment, Subscription } from './seed.ts';

/** A person of the sales department's SuperOffice, whose address at work is not the one that newsletters go to. */
export type Contact = Readonly<{
  personId: number;
  firstName: string;
  lastName: string;
  title: string;
  email: string;
  customerNumber: string;
}>;

/** Whose record SuperOffice does not give out at first: what the DPO sees of a system that fails. */
export const troubled = 7_002;

export const contacts: readonly Contact[] = [
  {
    personId: 7_001,
    firstName: 'Signe',
    lastName: 'Lykke',
    title: 'Indkøber',
    email: 'indkoeb@lykkeskilte.example',
    customerNumber: '90001',
  },
  {
    personId: troubled,
    firstName: 'Bo',
    lastName: 'Friis',
    title: 'Butikschef',
    email: 'butik@friisfritid.example',
    customerNumber: '90002',
  },
];

const letter = (id: string, email: string, contact: number): Subscription => ({
  id,
  email,
  list: 'Erhverv',
  status: 'active',
  since: '2024-03-11T09:15:00Z',
  consent: 'Ja tak til nyhedsbrev (afkrydset på nordlys.example)',
  contact,
});

export const businessLetters: readonly Subscription[] = [
  letter('9001-1', 'signe.lykke@skovmail.example', 7_001),
  letter('9002-1', 'bo.friis@fjordnet.example', troubled),
];

const businessOrder = (orderId: string, customerId: string, quantity: number): Order => ({
  orderId,
  customerId,
  placed: '2025-05-06T08:00:00Z',
  status: 'DELIVERED',
  total: quantity * 249,
  lines: [{ sku: 'E-100', name: 'Regnjakke med tryk', quantity, price: 249 }],
});

export const businessOrders: readonly Order[] = [
  businessOrder('NE-500001', '90001', 20),
  businessOrder('NE-500002', '90001', 5),
  businessOrder('NE-500003', '90002', 8),
];

export const businessShipments: readonly Shipment[] = businessOrders.map(({ orderId, customerId }) => ({
  orderId,
  shipmentId: `${orderId}-1`,
  carrier: 'Budstikken',
  tracking: `DK${orderId.slice(3)}001`,
  sent: '2025-05-07T23:00:00Z',
  address: customerId === '90001' ? 'Skiltevej 4, 8700 Horsens' : 'Torvet 9, 6400 Sønderborg',
}));
