import type { Preset } from '../rest-presets.ts';

const byCursor = {
  type: 'link',
  next: 'meta.has_more && links.next',
  size: { param: 'page[size]', value: 100 },
} as const;

/** Zendesk Support: `username` is an agent's address with /token behind it, `password` the API token. */
export const zendesk: Preset = {
  options: { auth: { type: 'basic' } },
  collections: {
    user: {
      path: '/api/v2/users/search.json',
      query: { query: 'email:"{value|zendesk}"' },
      itemsPath: 'users',
      paging: { type: 'link', next: 'next_page' },
    },
    ticket: {
      path: '/api/v2/users/{value}/tickets/requested.json',
      itemsPath: 'tickets',
      paging: byCursor,
      fields: { requester_id: '{value}' },
    },
    comment: {
      path: '/api/v2/tickets/{value}/comments.json',
      itemsPath: 'comments',
      paging: byCursor,
      fields: { ticket_id: '{value}' },
    },
  },
};
