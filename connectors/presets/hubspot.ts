import type { Preset, PresetCollection } from '../rest-presets.ts';

const search = (object: string, propertyName: string, fields: Record<string, string> = {}): PresetCollection => ({
  path: `/crm/v3/objects/${object}/search`,
  method: 'POST',
  body: {
    filterGroups: [{ filters: [{ propertyName, operator: 'EQ', value: '{value}' }] }],
    properties: '{fields}',
    limit: 200,
  },
  itemsPath: 'results[].merge(properties, {id: id})',
  totalPath: 'total',
  paging: { type: 'cursor', param: 'after', next: 'paging.next.after' },
  fields,
});

const ofContact = (object: string) => search(object, 'associations.contact', { contact: '{value}' });

/** HubSpot's CRM search, with the token of a private app. */
export const hubspot: Preset = {
  // Its search takes five requests a second of all who ask.
  options: { baseUrl: 'https://api.hubapi.com', auth: { type: 'bearer' }, requestsPerSecond: 4 },
  collections: {
    contact: search('contacts', 'email'),
    deal: ofContact('deals'),
    ticket: ofContact('tickets'),
    note: ofContact('notes'),
    email: ofContact('emails'),
    call: ofContact('calls'),
    meeting: ofContact('meetings'),
  },
};
