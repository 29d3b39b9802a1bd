import { expect, test } from 'vitest';
import { drawGraph } from '../../domain/map-graph.ts';
import type { ReferenceGraph } from '../../domain/reference-graph.ts';

const at = (collection: string, field: string) => ({ collection, field });
const graph: ReferenceGraph = {
  collections: ['crm.person', 'shop.order', 'a.b<c>&"d"'],
  entries: [{ kind: 'email', at: at('crm.person', 'email') }],
  flows: [
    { from: at('crm.person', 'id'), to: at('shop.order', 'customer') },
    { from: at('shop.order', 'person'), to: at('crm.person', 'id') },
  ],
  orders: [],
};
const svg = drawGraph(graph, ['email']);

test('the drawing has a title and a description that say what is drawn', () => {
  expect(svg).toContain('role="img" aria-labelledby="title desc"');
  expect(svg).toContain('<title id="title">Data map: 2 of 3 collections are reached from email</title>');
  expect(svg).toContain('Wave 2: shop.order takes crm.person.id for shop.order.customer.');
  expect(svg).toContain('is not reached: ');
});

test('the way back of a cycle is drawn as not walked, what is walked as walked', () => {
  expect(svg).toMatch(/<path class="used"[^>]*><title>crm.person.id → shop.order.customer</);
  expect(svg).toMatch(/<path class="unused"[^>]*><title>shop.order.person → crm.person.id</);
  expect(svg).toMatch(/<path class="used"[^>]*><title>identity.email → crm.person.email</);
  expect(svg.match(/<rect class="unreached"/g)).toHaveLength(1);
});

test('a line that would pass behind another box goes under all of them, and one to the next column straight', () => {
  const chain: ReferenceGraph = {
    collections: ['s.a', 's.b', 's.c'],
    entries: [{ kind: 'email', at: at('s.a', 'email') }],
    flows: [
      { from: at('s.a', 'id'), to: at('s.b', 'a') },
      { from: at('s.b', 'id'), to: at('s.c', 'b') },
      { from: at('s.a', 'id'), to: at('s.c', 'a') },
      { from: at('s.c', 'id'), to: at('s.a', 'c') },
    ],
    orders: [],
  };
  const drawn = drawGraph(chain, ['email']);
  const lowest = Math.max(
    ...[...drawn.matchAll(/ y="(\d+)" width="\d+" height="(\d+)"/g)].map(([, y, h]) => +(y ?? 0) + +(h ?? 0)),
  );
  const lanes = new Map(
    [...drawn.matchAll(/d="M[^"]*?(?:C[\d. -]* (\d+)H[^"]*)?" marker[^>]*><title>([^<]*)/g)].map(([, y, title]) => [
      title,
      y,
    ]),
  );
  expect(lanes.get('s.a.id → s.b.a')).toBeUndefined();
  expect(Number(lanes.get('s.a.id → s.c.a'))).toBeGreaterThan(lowest);
  expect(Number(lanes.get('s.c.id → s.a.c'))).toBeGreaterThan(lowest);
  expect(lanes.get('s.c.id → s.a.c')).not.toBe(lanes.get('s.a.id → s.c.a'));
});

test('names are escaped', () => {
  expect(svg).toContain('a.b&lt;c&gt;&amp;&quot;d&quot;');
  expect(svg).not.toContain('b<c>');
});

test('the drawing is the same whatever the order of the map', () => {
  const turned = { ...graph, collections: graph.collections.toReversed(), flows: graph.flows.toReversed() };
  expect(drawGraph(turned, ['email'])).toBe(svg);
});

test('it has colours for the dark', () => {
  expect(svg).toContain('@media (prefers-color-scheme:dark)');
});
