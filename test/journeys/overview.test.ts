import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAtIssuer, ask, expectStatus, last4, linkIn, openAsDpo, prove, signInAs, start, undoTime } from './access.ts';
import { clearFaults, fault, itemsOf } from './faults.ts';
import { formsOf, type Page, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

// Monday 2 March 2026 in Copenhagen: the month ends on Maundy Thursday 2 April, and rolls over Easter to Tuesday 7 April.
const begin = new Date('2026-03-02T09:00:00Z');

let world: World;
let dpo: Visitor;
beforeAll(async () => {
  world = await openWorld({ now: begin });
  dpo = new Visitor(world.site);
});
afterAll(() => world?.close());

/** As somebody who is signed in; a session that has ended is begun anew. */
const see = async (path: string): Promise<Page> => {
  const page = await dpo.get(path);
  if (!page.url.includes('/dpo/sign-in')) return page;
  expectStatus(await signInAs(dpo), 200);
  return dpo.get(path);
};

/** The five numbers on top, by their words. */
const numbers = ({ html }: Page): Record<string, number> =>
  Object.fromEntries(
    [...html.matchAll(/<strong>(\d+)<\/strong> <span>([^<]+)<\/span>/g)].map(([, n, word]) => [word, Number(n)]),
  );

/** The case numbers of the list, in order. */
const listed = ({ html }: Page): string[] =>
  [...html.matchAll(/href="\/dpo\/request\/([\w-]+)[?"]/g)].map(([, reference]) => reference as string);

const asked = async (name: string, rights?: readonly string[]): Promise<{ email: string; reference: string }> => {
  const email = `${name}@fremmed.example`;
  const { reference } = await ask(world, { name, email, ...(rights ? { rights } : {}) });
  return { email, reference };
};

const unproven: { email: string; reference: string }[] = [];
const cases: Record<string, string> = {};

describe('what the overview shows', () => {
  test('nothing without signing in, and the way to it', async () => {
    const stranger = new Visitor(world.site);
    for (const path of ['/dpo', '/dpo/open.csv', '/dpo/report/2026-03']) {
      const page = expectStatus(await stranger.get(path), 200);
      expect(page.url).toBe(`${world.site}/dpo/sign-in`);
    }
    const page = expectStatus(await see('/dpo'), 200);
    expect(textOf(page.html)).toContain('Ingen anmodning er åben.');
  });

  test('the most urgent first, with who has the next move', async () => {
    unproven.push(await asked('ubekraeftet', ['access', 'erasure']));
    await world.advance('P1D');
    const ready = await asked('klar');
    await prove(world, ready.email, ready.reference);
    await openAsDpo(world, ready.reference, 1);
    cases.ready = ready.reference;
    const page = await see('/dpo');
    expect(listed(page)).toEqual([unproven[0]?.reference, ready.reference]);
    expect(numbers(page)).toEqual({
      'Alle åbne': 2,
      Overskredet: 0,
      'Frist inden 7 dage': 0,
      'Venter på dig': 1,
      Fejlet: 0,
    });
    expect(textOf(page.html)).toMatch(
      /Indsigt, Sletning Venter på bekræftelse Personen .*7\. apr\. 2026 35 dage tilbage/,
    );
    expect(listed(await see('/dpo?show=mine'))).toEqual([ready.reference]);
  });

  test('nobody’s name and address, in the page, the list and the items behind them', async () => {
    const page = await see('/dpo');
    const file = await see('/dpo/open.csv');
    const behind = (await itemsOf(world)).filter(({ pk }) => /^(OPEN|MONTH|REFERENCE)/.test(pk));
    expect(behind.length).toBeGreaterThan(5);
    for (const text of [page.html, file.html, JSON.stringify(behind)]) expect(text).not.toMatch(/fremmed|klar@/);
  });

  test('the review page of a request, opened from it without a link from a mail', async () => {
    const page = expectStatus(await see(`/dpo/request/${cases.ready}`), 200);
    expect(textOf(page.html)).toContain('Klar til start');
    const started = await dpo.submit(page, { action: 'start', last4: last4(cases.ready as string) }, 'last4');
    expectStatus(started, 200);
    await world.quiet();
    expect(textOf((await see('/dpo')).html)).toMatch(/Indsamler En kollega/);
    const stranger = new Visitor(world.site);
    const turned = await stranger.get(`/dpo/request/${cases.ready}`);
    expect(turned.url).toBe(`${world.site}/dpo/sign-in?request=${cases.ready}`);
    const { location } = await stranger.redirect(formsOfSignIn(turned));
    const back = await stranger.get((await asAtIssuer('dorte', new URL(location))).href);
    expect(back.headers.get('refresh')).toBe(`0; url=/dpo/request/${cases.ready}`);
  });

  test('a request found by its number, however it is typed, and what is no number told beside the field', async () => {
    const typed = (cases.ready as string).toLowerCase().replaceAll('-', ' ');
    const found = expectStatus(await see(`/dpo?find=${encodeURIComponent(typed)}`), 200);
    expect(found.url).toBe(`${world.site}/dpo/request/${cases.ready}`);
    for (const wrong of ['K7F', '<script>', (cases.ready as string).replace(/.$/, 'X')]) {
      const page = await see(`/dpo?find=${encodeURIComponent(wrong)}`);
      expect(page.status).toBe(404);
      expect(textOf(page.html)).toContain('Ingen anmodning har det sagsnummer');
      expect(page.html).toContain('id="find-error"');
    }
    expect((await see('/dpo?find=%3Cscript%3E')).html).not.toContain('<script>');
  });

  test('a step that failed, until it is tried again', async () => {
    const { email, reference } = await asked('fejlet');
    await prove(world, email, reference);
    await openAsDpo(world, reference, 1);
    await fault(world, { service: 's3', operation: 'PutObject', mode: 'refuse', times: 1000 });
    await start(world, reference);
    await world.quiet();
    await world.advance('PT2H');
    await clearFaults(world);
    const failed = (await itemsOf(world)).find(({ pk, summary }) => pk.startsWith('OPEN#') && isOf(summary, reference));
    expect(failed).toMatchObject({ summary: { failed: 'step', waits: 'dpo' } });
    const page = await see('/dpo?show=failed');
    expect(listed(page)).toEqual([reference]);
    expect(textOf(page.html)).toContain('Et trin fejlede');
    const review = await see(`/dpo/request/${reference}`);
    expectStatus(await dpo.submit(review, { action: 'try-again', last4: last4(reference) }, 'last4'), 200);
    expect(numbers(await see('/dpo')).Fejlet).toBe(0);
  });

  test('the list as a file that a spreadsheet opens, filtered as the page is', async () => {
    const file = await see('/dpo/open.csv?show=mine');
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="privacy-2026-03-03.csv"');
    const [head, ...rows] = file.html.replace('\uFEFF', '').trim().split('\r\n');
    expect(head).toBe('Sag;Bedt om;Status;Venter på;Fejlet;Modtaget;Vores egen frist;Lovens sidste dag;Dage tilbage');
    expect(rows.length).toBe(numbers(await see('/dpo'))['Venter på dig']);
    expect((await see('/dpo/open.csv')).html.trim().split('\r\n').length).toBe(4);
  });

  test('an address for the calendar, shown once; a new one closes the one before', async () => {
    const make = async (): Promise<string> => {
      const page = await see('/dpo');
      const made = expectStatus(await dpo.submit(page, { action: 'calendar' }, 'action'), 200);
      return linkIn({ text: textOf(made.html) }, 'calendar');
    };
    const first = await make();
    const feed = await (await fetch(first)).text();
    expect(feed).toContain('BEGIN:VEVENT');
    expect(feed).toContain(cases.ready as string);
    const second = await make();
    expect((await fetch(first)).status).toBe(404);
    expect((await fetch(second)).status).toBe(200);
    expect((await see('/dpo')).html).not.toContain(second);
  });

  test('what is due within seven days, and what is overdue, as time goes on', async () => {
    await world.advance('P29D');
    expect(numbers(await see('/dpo'))).toMatchObject({ Overskredet: 0, 'Frist inden 7 dage': 3 });
    await world.advance('P7D');
    expect(numbers(await see('/dpo'))).toMatchObject({ Overskredet: 2, 'Frist inden 7 dage': 0 });
    expect(textOf((await see('/dpo?show=overdue')).html)).toMatch(/1 dag over/);
  });
});

const isOf = (summary: unknown, reference: string): boolean =>
  (summary as { reference?: string } | undefined)?.reference === reference;

/** Where the sign-in page leads. */
const formsOfSignIn = ({ html }: Page): string => {
  expect(formsOf({ html, url: world.site })).toEqual([]);
  return /href="(\/dpo\/sign-in\/begin[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
};

describe('the figures', () => {
  /** A chart's table, by the name of each row. */
  const table = ({ html }: Page, id: string): Record<string, number[]> => {
    const figure = html.slice(html.indexOf(`id="${id}-title"`));
    const body = figure.slice(figure.indexOf('<tbody>'), figure.indexOf('</tbody>'));
    const rows = [...body.matchAll(/<th scope="row">([^<]*)<\/th>((?:<td[^>]*>[^<]*<\/td>)+)/g)];
    return Object.fromEntries(
      rows.map(([, name = '', cells = '']) => [name, [...cells.matchAll(/>(\d+)</g)].map(([, n]) => Number(n))]),
    );
  };

  test('count each right as it comes in, and each that is answered, refused or late, and stay when people are forgotten', async () => {
    const { email, reference } = await asked('afvist', ['access', 'erasure']);
    await prove(world, email, reference);
    await openAsDpo(world, reference, 1);
    const page = await see(`/dpo/request/${reference}`);
    const refusal = { action: 'refuse', ground: 'no-right', reason: 'Ikke vores kunde.', last4: last4(reference) };
    expectStatus(await dpo.submit(page, refusal, 'reason'), 200);
    await world.advance(undoTime);
    const overview = await see('/dpo');
    expect(table(overview, 'due')).toMatchObject({ Overskredet: [2], Senere: [0] });
    expect(table(overview, 'flow')).toMatchObject({ 'mar. 2026': [4, 0], 'apr. 2026': [2, 4], 'feb. 2026': [0, 0] });
    expect(table(overview, 'days')).toMatchObject({ '0-7 dage': [2], '8-14 dage': [0] });

    const march = textOf((await see('/dpo/report/2026-03')).html);
    expect(march).toMatch(/Indsigt 3 0 0 0 0 /);
    const april = textOf((await see('/dpo/report/2026-04')).html);
    expect(april).toContain('Måneden er ikke slut');
    expect(april).toMatch(/Besvaret til tiden 100/);
    expect(april).toMatch(/Hvorfor anmodninger blev afvist Rettigheden gælder ikke, eller loven giver en undtagelse 2/);
    // Two rights refused on time; two were never proven, which is nobody's breach; the last day of two passed.
    expect(april).toMatch(/Alle 2 0 2 0 2 .*Alle 2 0 0 2 /);

    await world.advance('P20D');
    const closed = table(await see('/dpo'), 'flow');
    await world.advance('P240D');
    const counted = (await itemsOf(world)).filter(({ pk }) => pk === 'MONTHS');
    expect(counted.map(({ sk }) => sk)).toContain('2026-04');
    expect(counted.find(({ sk }) => sk === '2026-03')).toMatchObject({ totals: { received: 4 } });
    expect((await itemsOf(world)).some(({ sk, purgedAt }) => sk === 'REQUEST' && purgedAt)).toBe(true);
    expect(closed['apr. 2026']?.[0]).toBe(2);
    const later = textOf((await see('/dpo/report/2026-04')).html);
    expect(later).not.toContain('Måneden er ikke slut');
    expect(later).toMatch(/Alle 2 0 2 0 2 .*Alle 2 0 0 2 /);
  });

  test('a month that is none, or has not come, is told as not there', async () => {
    for (const month of ['2026-13', '2030-01', 'marts', '2026-3']) {
      expect((await see(`/dpo/report/${month}`)).status).toBe(404);
    }
  });
});
