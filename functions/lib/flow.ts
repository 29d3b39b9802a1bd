import type { Seals } from '../aws/seals.ts';
import type { Flow } from './oidc.ts';
import type { Visit } from './page.ts';

/** A sign-in under way, sealed in its own cookie. Lax: the issuer sends the browser back from another site, and a Strict one would stay behind. */
export const flowIn = (name: string) => {
  const cookie = (sealed: string, seconds: number): string =>
    `${name}=${sealed}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;
  return {
    keep: async (flow: Flow, { seal }: Pick<Seals, 'seal'>): Promise<string> =>
      cookie(await seal(Buffer.from(JSON.stringify(flow)), 'sign-in'), 600),

    drop: cookie('', 0),

    async of({ cookies }: Visit, { open }: Pick<Seals, 'open'>): Promise<Flow | undefined> {
      const opened = await open(cookies.get(name) ?? '', 'sign-in');
      return opened && (JSON.parse(opened.toString('utf8')) as Flow);
    },
  };
};
