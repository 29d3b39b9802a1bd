/**
 * The HTTP surface as data: which function answers what. `infra/` and `web/` read it, so it imports nothing. Functions are split by
 * privilege (decisions.md 3). Link tokens stand in paths of one segment that only set a cookie and send on to an address without it.
 */
export const routes = {
  intake: [
    'GET /',
    'GET /accessibility',
    'ANY /want',
    'ANY /who',
    'ANY /you',
    'ANY /details',
    'ANY /answer',
    'ANY /check',
    'GET /sent/{reference}',
  ],
  person: ['ANY /c/{token}', 'ANY /confirm/{reference}', 'ANY /r/{token}', 'ANY /request/{reference}'],
  proof: ['GET /request/{reference}/proof', 'GET /proven'],
  staff: ['GET /dpo/{token}', 'ANY /dpo/request/{reference}'],
  review: [
    'ANY /dpo/request/{reference}/data/{source}/{collection}',
    'ANY /dpo/request/{reference}/data/{source}/{collection}/{row}',
    'ANY /dpo/request/{reference}/preview/{path+}',
  ],
  'sign-in': ['GET /dpo/sign-in', 'GET /dpo/sign-in/begin', 'GET /dpo/signed-in', 'ANY /dpo/sign-out'],
  overview: ['ANY /dpo', 'GET /dpo/open.csv', 'GET /dpo/report/{month}'],
  owner: ['GET /o/{token}', 'ANY /task/{reference}/{system}', 'ANY /task/{reference}/{system}/files'],
  download: ['ANY /d/{token}', 'ANY /download/{reference}'],
  calendar: ['GET /calendar/{token}'],
  // What no other route takes: the page that says that nothing is there.
  assets: ['GET /assets/{file}', '$default'],
} as const;

export type PublicFunction = keyof typeof routes;
