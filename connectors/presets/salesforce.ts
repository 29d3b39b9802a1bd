import type { Preset } from '../rest-presets.ts';

const select = (object: string, field: string) =>
  ({
    path: '/services/data/v62.0/query',
    query: { q: `SELECT {fields} FROM ${object} WHERE ${field} = '{value|soql}'` },
    itemsPath: 'records',
    totalPath: 'totalSize',
    paging: { type: 'link', next: 'nextRecordsUrl' },
  }) as const;

/** Salesforce, as a connected app with client credentials; `baseUrl` is the organisation's own domain. */
export const salesforce: Preset = {
  options: { auth: { type: 'oauth2', tokenUrl: '/services/oauth2/token' } },
  collections: {
    contact: select('Contact', 'Email'),
    lead: select('Lead', 'Email'),
    case: select('Case', 'ContactId'),
    task: select('Task', 'WhoId'),
    event: select('Event', 'WhoId'),
    campaign_member: select('CampaignMember', 'ContactId'),
  },
};
