import type { Preset } from '../rest-presets.ts';

const lists = { itemsPath: 'value', paging: { type: 'link', next: '"odata.nextLink"' } } as const;

const ofPerson = (name: string) =>
  ({ path: `/v1/Person/{value}/${name}`, ...lists, fields: { personId: '{value}' } }) as const;

/** SuperOffice CRM Online, by the REST API v1. `baseUrl` is the tenant's, as in https://online3.superoffice.com/Cust12345/api. */
export const superoffice: Preset = {
  options: {},
  collections: {
    person: {
      path: '/v1/Person',
      query: { $filter: "email/emailAddress eq '{value|superoffice}'", $select: '{fields}', $top: '500' },
      ...lists,
      fields: { email: '"email/emailAddress"' },
    },
    activity: ofPerson('Activities'),
    appointment: ofPerson('Appointments'),
    document: ofPerson('Documents'),
    sale: ofPerson('Sales'),
    ticket: ofPerson('Tickets'),
    consent: { ...ofPerson('Consent'), itemsPath: '@', paging: { type: 'none' } },
  },
};
