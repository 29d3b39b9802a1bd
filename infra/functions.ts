import type { Settings } from './settings.ts';

/** Which files stand beside a function's bundle. */
const needs: Readonly<Record<string, { readonly config?: true; readonly map?: true }>> = {
  'tasks/ask-for-proof': { config: true },
  'tasks/ask-to-start': { config: true },
  'tasks/plan-gathering': { map: true },
  'tasks/note-failed-source': {},
  'tasks/ask-to-decide': { config: true },
  'tasks/write-letter': { config: true },
  'tasks/build-package': { config: true },
  'tasks/deliver': {},
  'tasks/needs-a-person': {},
  'web/intake': { config: true },
  'web/person': { config: true, map: true },
  'web/proof': { config: true, map: true },
  'web/staff': { config: true, map: true },
  'web/sign-in': { config: true },
  'web/review': { config: true, map: true },
  'web/overview': { config: true },
  'web/owner': { config: true, map: true },
  'web/download': { config: true },
  'web/calendar': { config: true },
  'web/assets': { config: true },
  dispatch: { config: true, map: true },
  watchdog: { config: true },
  housekeeping: { config: true, map: true },
  anchor: {},
  'mail-events': {},
};

/** Every function's entry with the settings that its asset holds. */
export const entriesFor = ({ config, map, mapHash }: Settings): Record<string, Record<string, unknown>> => {
  const types = [...new Set(Object.values(map.systems).map(({ connector }) => connector.type))].sort();
  const gatherers = Object.fromEntries(types.map((type) => [`gather/${type}`, { map: true } as const]));
  return Object.fromEntries(
    Object.entries({ ...needs, ...gatherers }).map(([entry, need]) => [
      entry,
      {
        ...('config' in need && need.config ? { 'config.json': { config } } : {}),
        ...(need.map ? { 'data-map.json': { map, hash: mapHash } } : {}),
      },
    ]),
  );
};
