import type { Preset } from '../rest-presets.ts';

/** Mailchimp Marketing: `password` is the API key; `baseUrl` names its data centre, as in https://us21.api.mailchimp.com. */
export const mailchimp: Preset = {
  options: { auth: { type: 'basic' } },
  collections: {
    // A list's members by address, over all lists. It has no second page: more than the first holds is refused, not cut.
    member: {
      path: '/3.0/search-members',
      query: { query: '{value}' },
      itemsPath: 'exact_matches.members',
      totalPath: 'exact_matches.total_items',
      fields: { email: 'email_address' },
    },
  },
};
