/** The shop's tables as infrastructure and seed need them; every key is a text. */
export const demoTables = [
  {
    name: 'demo-webshop-orders',
    partitionKey: 'orderId',
    indexes: [{ name: 'by-customer', partitionKey: 'customerId', sortKey: 'orderId' }],
  },
  { name: 'demo-webshop-shipments', partitionKey: 'orderId', sortKey: 'shipmentId', indexes: [] },
] as const;

/** The bucket with the files that customers sent to support. */
export const demoBuckets = ['demo-support-attachments'] as const;

/** Secrets that the connectors read; the stack creates them empty, the demo's systems fill them. */
export const demoSecrets = ['demo/crm', 'demo/newsletter', 'demo/sales', 'demo/sign-in', 'demo/proof'] as const;
