import { brand, icon } from '../../web/brand.ts';
import overview from '../../web/overview.css';
import styles from '../../web/styles.css';
import { siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { readConfig } from '../lib/settings.ts';

/** A day: a new deployment's styles reach everyone tomorrow at the latest. */
const cache = 'public, max-age=86400';

const assetPages = () => {
  const { colour } = readConfig();
  const files: Readonly<Record<string, { body: string; contentType: string }>> = {
    'styles.css': { body: styles, contentType: 'text/css; charset=utf-8' },
    'overview.css': { body: overview, contentType: 'text/css; charset=utf-8' },
    'brand.css': { body: brand(colour), contentType: 'text/css; charset=utf-8' },
    'icon.svg': { body: icon(colour), contentType: 'image/svg+xml' },
  };
  return {
    'GET /assets/{file}': ({ parameters: { file = '' } }: Visit): Answer => {
      const found = Object.hasOwn(files, file) ? files[file] : undefined;
      if (!found) throw new Refusal(404);
      return { ...found, cache };
    },
  };
};

export const handler = onPage(siteOf, assetPages);
