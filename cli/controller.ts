import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const file = 'privacy.config.yaml';

// Only what a time limit needs: a config with a mistake elsewhere still answers here, `npm start` and deploying check it whole.
const Controller = z.object({
  country: z.string().default('DK'),
  timeZone: z.string().default('Europe/Copenhagen'),
  suspensionPolicy: z.enum(['suspend', 'restart', 'uk-pause']).default('suspend'),
});
export type Controller = z.infer<typeof Controller>;

/** Whose time limits are meant: `privacy.config.yaml` of the working directory, else Denmark; throws Error naming the file. */
export function readController(): Controller {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  try {
    return Controller.parse(parse(text));
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${file}: ${message}`, { cause: error });
  }
}

// Where a country has several zones, the one of its capital.
const capitalZones: Readonly<Record<string, string>> = {
  AT: 'Europe/Vienna',
  BE: 'Europe/Brussels',
  BG: 'Europe/Sofia',
  CY: 'Asia/Nicosia',
  CZ: 'Europe/Prague',
  DE: 'Europe/Berlin',
  DK: 'Europe/Copenhagen',
  EE: 'Europe/Tallinn',
  ES: 'Europe/Madrid',
  FI: 'Europe/Helsinki',
  FR: 'Europe/Paris',
  'GB-EAW': 'Europe/London',
  'GB-NIR': 'Europe/London',
  'GB-SCT': 'Europe/London',
  GR: 'Europe/Athens',
  HR: 'Europe/Zagreb',
  HU: 'Europe/Budapest',
  IE: 'Europe/Dublin',
  IS: 'Atlantic/Reykjavik',
  IT: 'Europe/Rome',
  LI: 'Europe/Vaduz',
  LT: 'Europe/Vilnius',
  LU: 'Europe/Luxembourg',
  LV: 'Europe/Riga',
  MT: 'Europe/Malta',
  NL: 'Europe/Amsterdam',
  NO: 'Europe/Oslo',
  PL: 'Europe/Warsaw',
  PT: 'Europe/Lisbon',
  RO: 'Europe/Bucharest',
  SE: 'Europe/Stockholm',
  SI: 'Europe/Ljubljana',
  SK: 'Europe/Bratislava',
};

/** The zone for a country named on the command line: the controller's own for its own country, else that of the capital. */
export function zoneFor(country: string | undefined, controller: Controller): string {
  if (country === undefined || country === controller.country) return controller.timeZone;
  return capitalZones[country] ?? controller.timeZone;
}
