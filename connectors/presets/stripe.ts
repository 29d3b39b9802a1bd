import type { Preset } from '../rest-presets.ts';

const list = (path: string, param: string) =>
  ({
    path,
    query: { [param]: '{value}' },
    itemsPath: 'data',
    paging: {
      type: 'cursor',
      param: 'starting_after',
      next: 'has_more && data[-1].id',
      size: { param: 'limit', value: 100 },
    },
  }) as const;

/** Stripe, with a restricted key that may read. */
export const stripe: Preset = {
  options: { baseUrl: 'https://api.stripe.com', auth: { type: 'bearer' }, requestsPerSecond: 20 },
  collections: {
    customer: list('/v1/customers', 'email'),
    charge: list('/v1/charges', 'customer'),
    invoice: list('/v1/invoices', 'customer'),
    subscription: { ...list('/v1/subscriptions', 'customer'), query: { customer: '{value}', status: 'all' } },
    payment_intent: list('/v1/payment_intents', 'customer'),
  },
};
