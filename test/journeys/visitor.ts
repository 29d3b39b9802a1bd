/** A browser without JavaScript: keeps cookies, follows redirects one by one, fills in forms by their names. */
export interface Page {
  readonly status: number;
  readonly url: string;
  readonly html: string;
  readonly headers: Headers;
  /** Every address that the visit went through. */
  readonly trail: readonly string[];
}

const decode = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decode(found);
};

export interface Form {
  readonly action: string;
  readonly enctype: string | undefined;
  readonly hidden: Readonly<Record<string, string>>;
  readonly names: readonly string[];
}

/** The forms of a page: where they go, what they carry hidden, and which fields they have. */
export const formsOf = ({ html, url }: Pick<Page, 'html' | 'url'>): Form[] =>
  [...html.matchAll(/<form\b[\s\S]*?<\/form>/g)].map(([text]) => {
    const opening = /<form\b[^>]*>/.exec(text)?.[0] ?? '';
    const inputs = [...text.matchAll(/<(input|textarea|button|select)\b[^>]*>/g)].map(([tag]) => tag);
    const hidden = inputs.filter((tag) => attribute(tag, 'type') === 'hidden');
    return {
      action: new URL(attribute(opening, 'action') || url, url).href,
      enctype: attribute(opening, 'enctype'),
      hidden: Object.fromEntries(hidden.map((tag) => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''])),
      names: inputs.flatMap((tag) => attribute(tag, 'name') ?? []),
    };
  });

/** The text of a page as somebody reads it. */
export const textOf = (html: string): string =>
  decode(
    html
      .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '')
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' '),
  );

export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #site: string;
  readonly #language: string;

  constructor(site: string, language = 'da') {
    this.#site = site;
    this.#language = language;
  }

  async get(path: string): Promise<Page> {
    return this.#go(new URL(path, this.#site).href, { method: 'GET' }, []);
  }

  /** Posts fields as a form of ours would. */
  async post(path: string, fields: Readonly<Record<string, string | readonly string[]>>): Promise<Page> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      for (const each of typeof value === 'string' ? [value] : value) body.append(name, each);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(this.#site).origin };
    return this.#go(new URL(path, this.#site).href, { method: 'POST', body, headers }, []);
  }

  /** Fills in the page's form that has a field (or a button value) so named, hidden fields included, and sends it. */
  async submit(
    page: Page,
    fields: Readonly<Record<string, string | readonly string[]>>,
    having?: string,
  ): Promise<Page> {
    const [name] = having ? [having] : Object.keys(fields);
    const form = formsOf(page).find(({ names }) => name === undefined || names.includes(name));
    if (!form) throw new Error(`no form with ${name} at ${page.url}: ${textOf(page.html).slice(0, 400)}`);
    return this.post(form.action, { ...form.hidden, ...fields });
  }

  /** Asks, or posts the fields, and stays: where the answer sends on to. Cookies are kept. */
  async redirect(
    path: string,
    fields?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; location: string }> {
    const url = new URL(path, this.#site).href;
    const headers = { 'accept-language': this.#language, ...this.#cookie() };
    const sent = fields ? { method: 'POST', body: new URLSearchParams(fields) } : {};
    const response = await fetch(url, { ...sent, headers, redirect: 'manual' });
    this.#keep(response);
    await response.arrayBuffer();
    return { status: response.status, location: new URL(response.headers.get('location') ?? '', url).href };
  }

  #cookie(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie ? { cookie } : {};
  }

  async #go(url: string, init: RequestInit, trail: readonly string[]): Promise<Page> {
    if (trail.length > 10) throw new Error(`too many redirects: ${trail.join(' ')}`);
    const headers = { 'accept-language': this.#language, ...(init.headers as object), ...this.#cookie() };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    this.#keep(response);
    const location = response.headers.get('location');
    if (location && response.status >= 300 && response.status < 400) {
      await response.arrayBuffer();
      return this.#go(new URL(location, url).href, { method: 'GET' }, [...trail, url]);
    }
    return {
      status: response.status,
      url,
      html: await response.text(),
      headers: response.headers,
      trail: [...trail, url],
    };
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const name = pair.slice(0, pair.indexOf('='));
      if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(name.length + 1));
    }
  }
}

/** Whether nothing opened: not found, or the page where staff sign in, which is the same for every number. */
export const isShut = ({ status, url }: Pick<Page, 'status' | 'url'>): boolean =>
  status === 404 || (status === 200 && new URL(url).pathname === '/dpo/sign-in');
