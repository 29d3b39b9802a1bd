import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataMap, System } from '../../domain/data-map.ts';
import { type Plan, planOf, planOfGraph, wavesOf } from '../../domain/plan.ts';
import { placeOf, type ReferenceGraph } from '../../domain/reference-graph.ts';

type Flow = readonly [from: string, to: string, either?: 'either'];

/** `a.x.id` -> `b.y.key`; collections are those of the entries, the flows and the others. */
const graph = (entries: readonly string[], flows: readonly Flow[], others: readonly string[] = []): ReferenceGraph => {
  const places = [
    ...entries.map((each) => each.split('=')[1] as string),
    ...flows.flatMap((flow) => flow.slice(0, 2) as string[]),
  ];
  return {
    collections: [...new Set([...places.map((each) => placeOf(each).collection), ...others])],
    entries: entries.map((each) => {
      const [kind = '', at = ''] = each.split('=');
      return { kind, at: placeOf(at) };
    }),
    flows: flows.map(([from, to, either]) => ({ from: placeOf(from), to: placeOf(to), either: either === 'either' })),
    orders: [],
  };
};

const order = ({ steps }: Plan) => steps.map(({ wave, collection, after }) => [wave, collection, after]);

describe('planOf', () => {
  test('walks several hops in waves, ties by name, each step with its inputs', () => {
    const flows: Flow[] = [
      ['crm.person.id', 'shop.orders.customer'],
      ['shop.orders.id', 'shop.shipments.order'],
      ['crm.person.id', 'crm.notes.person'],
    ];
    expect(planOfGraph(graph(['email=crm.person.email'], flows), ['email']).steps).toEqual([
      {
        collection: 'crm.person',
        wave: 1,
        after: [],
        inputs: [{ field: 'crm.person.email', from: 'identity.email' }],
      },
      {
        collection: 'crm.notes',
        wave: 2,
        after: ['crm.person'],
        inputs: [{ field: 'crm.notes.person', from: 'crm.person.id' }],
      },
      {
        collection: 'shop.orders',
        wave: 2,
        after: ['crm.person'],
        inputs: [{ field: 'shop.orders.customer', from: 'crm.person.id' }],
      },
      {
        collection: 'shop.shipments',
        wave: 3,
        after: ['shop.orders'],
        inputs: [{ field: 'shop.shipments.order', from: 'shop.orders.id' }],
      },
    ]);
  });

  test('a collection with several inputs waits for all of them', () => {
    const flows: Flow[] = [
      ['a.a.id', 'b.b.a'],
      ['b.b.id', 'c.c.b'],
      ['a.a.id', 'c.c.a'],
    ];
    const plan = planOfGraph(graph(['email=a.a.email', 'phone=c.c.phone'], flows), ['email', 'phone']);
    expect(order(plan)).toEqual([
      [1, 'a.a', []],
      [2, 'b.b', ['a.a']],
      [3, 'c.c', ['a.a', 'b.b']],
    ]);
    expect(plan.steps[2]?.inputs).toEqual([
      { field: 'c.c.a', from: 'a.a.id' },
      { field: 'c.c.b', from: 'b.b.id' },
      { field: 'c.c.phone', from: 'identity.phone' },
    ]);
  });

  test('begins only from the identities that are given', () => {
    const two = graph(['email=a.a.email', 'loyalty=b.b.card'], [['b.b.id', 'c.c.b']]);
    expect(planOfGraph(two, ['email']).unreachable).toEqual(['b.b', 'c.c']);
    expect(planOfGraph(two, ['loyalty']).unreachable).toEqual(['a.a']);
    expect(planOfGraph(two, ['email', 'loyalty']).unreachable).toEqual([]);
  });

  test('walks a cycle from its entry and drops the way back', () => {
    const flows: Flow[] = [
      ['z.a.id', 'm.b.a'],
      ['m.b.id', 'a.c.b'],
      ['a.c.id', 'z.a.c'],
    ];
    const plan = planOfGraph(graph(['email=z.a.email'], flows), ['email']);
    expect(order(plan)).toEqual([
      [1, 'z.a', []],
      [2, 'm.b', ['z.a']],
      [3, 'a.c', ['m.b']],
    ]);
    expect(plan.steps[0]?.inputs).toEqual([{ field: 'z.a.email', from: 'identity.email' }]);
  });

  test('enters a cycle where it is nearest to an identity, and drops only what closes it', () => {
    const flows: Flow[] = [
      ['s.in.id', 's.x.in'],
      ['s.x.id', 's.y.x'],
      ['s.y.id', 's.a.y'],
      ['s.a.id', 's.x.a'],
      ['s.in.id', 's.b.in'],
      ['s.b.id', 's.y.b'],
    ];
    const plan = planOfGraph(graph(['email=s.in.email'], flows), ['email']);
    expect(order(plan)).toEqual([
      [1, 's.in', []],
      [2, 's.b', ['s.in']],
      [2, 's.x', ['s.in']],
      [3, 's.y', ['s.b', 's.x']],
      [4, 's.a', ['s.y']],
    ]);
  });

  test('a reference without direction is walked from the side that is reached first', () => {
    const flows: Flow[] = [['b.b.id', 'a.a.b', 'either']];
    expect(order(planOfGraph(graph(['email=b.b.email'], flows), ['email']))).toEqual([
      [1, 'b.b', []],
      [2, 'a.a', ['b.b']],
    ]);
    expect(order(planOfGraph(graph(['email=a.a.email'], flows), ['email']))).toEqual([
      [1, 'a.a', []],
      [2, 'b.b', ['a.a']],
    ]);
    const both = graph(['email=a.a.email', 'email=b.b.email'], flows);
    expect(order(planOfGraph(both, ['email']))).toEqual([
      [1, 'a.a', []],
      [2, 'b.b', ['a.a']],
    ]);
  });

  test('a collection that refers to itself does not wait for itself', () => {
    const plan = planOfGraph(graph(['email=a.a.email'], [['a.a.id', 'a.a.manager']]), ['email']);
    expect(order(plan)).toEqual([[1, 'a.a', []]]);
  });

  test('tells where the way to an unreachable collection begins, and a cycle without entry', () => {
    const flows: Flow[] = [
      ['x.lost.id', 'x.far.lost'],
      ['y.one.id', 'y.two.one'],
      ['y.two.id', 'y.one.two'],
      ['y.two.id', 'y.after.two'],
    ];
    const { unreachable, missing } = planOfGraph(graph(['email=a.a.email'], flows), ['email']);
    expect(unreachable).toEqual(['x.far', 'x.lost', 'y.after', 'y.one', 'y.two']);
    expect(missing.map(({ path, cycle }) => [path.join(' '), cycle])).toEqual([
      ['x.lost x.far', false],
      ['x.lost', false],
      ['y.one y.two y.after', true],
      ['y.one', true],
      ['y.one y.two', true],
    ]);
    expect(missing[0]?.reason).toBe('x.lost holds no identity (email) and takes values from no other collection');
  });

  test('keeps an order that was asked for, and tells of one against the references', () => {
    const base = graph(['email=a.a.email', 'email=b.b.email', 'email=c.c.email'], [['b.b.id', 'c.c.b']]);
    const orders = [
      { first: 'b.b', second: 'a.a' },
      { first: 'c.c', second: 'b.b' },
    ];
    const plan = planOfGraph({ ...base, orders }, ['email']);
    expect(order(plan)).toEqual([
      [1, 'b.b', []],
      [2, 'a.a', ['b.b']],
      [2, 'c.c', ['b.b']],
    ]);
    expect(plan.conflicts).toEqual([orders[1]]);
  });

  test('a reference without direction is walked as an order asks', () => {
    const base = graph(['email=a.a.email', 'email=b.b.email'], [['b.b.id', 'a.a.b', 'either']]);
    const plan = planOfGraph({ ...base, orders: [{ first: 'b.b', second: 'a.a' }] }, ['email']);
    expect([order(plan), plan.conflicts]).toEqual([
      [
        [1, 'b.b', []],
        [2, 'a.a', ['b.b']],
      ],
      [],
    ]);
  });

  test('a cycle is opened as an order asks', () => {
    const flows: Flow[] = [
      ['s.a.id', 's.b.a'],
      ['s.a.id', 's.c.a'],
      ['s.b.id', 's.c.b'],
      ['s.c.id', 's.b.c'],
    ];
    const plan = planOfGraph({ ...graph(['email=s.a.email'], flows), orders: [{ first: 's.c', second: 's.b' }] }, [
      'email',
    ]);
    expect([order(plan), plan.conflicts]).toEqual([
      [
        [1, 's.a', []],
        [2, 's.c', ['s.a']],
        [3, 's.b', ['s.a', 's.c']],
      ],
      [],
    ]);
  });

  test.each([
    [
      'each waits for the next',
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      3,
    ],
    ['one waits for itself', [['b', 'b']], 1],
    ['the first waits for what only it leads to', [['c', 'a']], 1],
  ])('orders that cannot be kept are told: %s', (_, pairs, count) => {
    const flows: Flow[] = [
      ['s.a.id', 's.b.id', 'either'],
      ['s.b.id', 's.c.id', 'either'],
    ];
    const orders = pairs.map(([first, second]) => ({ first: `s.${first}`, second: `s.${second}` }));
    const plan = planOfGraph({ ...graph(['email=s.a.email'], flows), orders }, ['email']);
    expect([plan.conflicts.length, plan.steps.length]).toEqual([count, 3]);
  });

  test('tells which identity, not given, a collection that is not reached is known by', () => {
    const base = graph(['email=a.a.email', 'user_id=b.b.user', 'phone=b.b.phone'], []);
    expect(planOfGraph(base, ['email']).missing[0]?.reason).toBe(
      'b.b is known by phone, user_id, which is not given (email)',
    );
  });

  test('plans a chain of 10,000 collections, entered at one end or at none', () => {
    const flows = Array.from({ length: 9_999 }, (_, n): Flow => [`s.c${n}.id`, `s.c${n + 1}.before`]);
    expect(planOfGraph(graph(['email=s.c0.email'], flows), ['email']).steps.at(-1)?.wave).toBe(10_000);
    expect(planOfGraph(graph([], flows), ['email']).unreachable).toHaveLength(10_000);
  });
});

const names = Array.from({ length: 12 }, (_, n) => `${'abc'[n % 3]}.c${n}`);
const anyFlow = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.boolean(), fc.nat(2))
  .map(([from, to, either, field]): Flow => [`${from}.id`, `${to}.f${field}`, either ? 'either' : undefined]);
const anyGraph = fc
  .tuple(fc.subarray(names, { maxLength: 3 }), fc.array(anyFlow, { maxLength: 30 }))
  .map(([entries, flows]) =>
    graph(
      entries.map((name) => `email=${name}.email`),
      flows,
      names,
    ),
  );

/** Reachability with nothing clever: look again at every reference until nothing changes. */
const fixpoint = ({ entries, flows }: ReferenceGraph): Set<string> => {
  const reached = new Set(entries.map(({ at }) => at.collection));
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const { from, to, either } of flows) {
      if (reached.has(from.collection)) reached.add(to.collection);
      if (either && reached.has(to.collection)) reached.add(from.collection);
    }
  }
  return reached;
};

describe('of any map', () => {
  test('reaches what a fixpoint over its references reaches, and names the rest', () => {
    fc.assert(
      fc.property(anyGraph, (any) => {
        const { steps, unreachable } = planOfGraph(any, ['email']);
        const reached = fixpoint(any);
        expect(new Set(steps.map(({ collection }) => collection))).toEqual(reached);
        expect(new Set(unreachable)).toEqual(new Set(names.filter((name) => !reached.has(name))));
        expect(steps.length + unreachable.length).toBe(names.length);
      }),
    );
  });

  test('every step is fed, by an identity or by steps of earlier waves, and waits for exactly those', () => {
    fc.assert(
      fc.property(anyGraph, (any) => {
        const { steps } = planOfGraph(any, ['email']);
        const waves = new Map(steps.map(({ collection, wave }) => [collection, wave]));
        for (const { after, inputs, wave } of steps) {
          const sources = inputs.map(({ from }) => from).filter((from) => !from.startsWith('identity.'));
          expect(inputs.length).toBeGreaterThan(0);
          expect([...new Set(sources.map((from) => placeOf(from).collection))].sort()).toEqual(after);
          expect(wave).toBe(1 + Math.max(0, ...after.map((before) => waves.get(before) ?? Number.NaN)));
        }
      }),
    );
  });

  test('uses every reference between reached collections unless the rest of them closes a cycle with it', () => {
    fc.assert(
      fc.property(anyGraph, (any) => {
        const { steps } = planOfGraph(any, ['email']);
        const after = new Map(steps.map((step) => [step.collection, step.after]));
        const isBehind = (late: string, early: string, seen = new Set<string>()): boolean => {
          if (late === early) return true;
          if (seen.has(late)) return false;
          seen.add(late);
          return (after.get(late) ?? []).some((each) => isBehind(each, early, seen));
        };
        for (const { from, to } of any.flows.filter(({ either }) => !either)) {
          if (!after.has(from.collection) || from.collection === to.collection) continue;
          const used = after.get(to.collection)?.includes(from.collection);
          expect(used || isBehind(from.collection, to.collection)).toBe(true);
        }
      }),
    );
  });

  /** Whether everything is come to, if each collection waits for what it was asked to: as Fides walks. */
  const isWalked = ({ flows, entries, orders }: ReferenceGraph): boolean => {
    const met = new Set(entries.map(({ at }) => at.collection));
    const done = new Set<string>();
    for (let before = -1; before < done.size; ) {
      before = done.size;
      for (const name of met) {
        if (orders.some(({ first, second }) => second === name && !done.has(first))) continue;
        done.add(name);
        for (const { from, to, either } of flows) {
          if (from.collection === name) met.add(to.collection);
          if (either && to.collection === name) met.add(from.collection);
        }
      }
    }
    return done.size === met.size;
  };

  test('an order is kept or told, and one is told wherever walking with them would come to a halt', () => {
    const anyOrder = fc.record({ first: fc.constantFrom(...names), second: fc.constantFrom(...names) });
    fc.assert(
      fc.property(anyGraph, fc.array(anyOrder, { maxLength: 6 }), (any, asked) => {
        const reached = fixpoint(any);
        const orders = asked.filter(({ first, second }) => reached.has(first) && reached.has(second));
        const { steps, conflicts } = planOfGraph({ ...any, orders: asked }, ['email']);
        const waves = new Map(steps.map(({ collection, wave }) => [collection, wave]));
        const told = new Set(conflicts.map(({ first, second }) => `${first} ${second}`));
        for (const { first, second } of orders) {
          if (!told.has(`${first} ${second}`)) expect(waves.get(first)).toBeLessThan(waves.get(second) ?? 0);
        }
        if (!isWalked({ ...any, orders })) expect(told.size).toBeGreaterThan(0);
        expect(new Set(waves.keys())).toEqual(reached);
      }),
    );
  });

  test('the order of collections, entries, references and orders changes nothing', () => {
    const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
    const anyOrders = fc.array(fc.record({ first: fc.constantFrom(...names), second: fc.constantFrom(...names) }), {
      maxLength: 6,
    });
    const pair = fc.tuple(anyGraph, anyOrders).chain(([any, orders]) =>
      fc.tuple(shuffled(any.collections), shuffled(any.entries), shuffled(any.flows), shuffled(orders)).map(
        ([collections, entries, flows, turned]) =>
          [
            { ...any, orders },
            { collections, entries, flows, orders: turned },
          ] as const,
      ),
    );
    fc.assert(
      fc.property(pair, ([one, other]) => {
        expect(planOfGraph(other, ['email'])).toEqual(planOfGraph(one, ['email']));
      }),
    );
  });
});

const text = { da: 'x', en: 'x' };

const mapOf = (any: ReferenceGraph, types: Readonly<Record<string, System['connector']['type']>> = {}): DataMap => {
  const systems: DataMap['systems'] = {};
  for (const id of any.collections) {
    const [system = '', name = ''] = id.split('.');
    systems[system] ??= {
      title: text,
      owner: { name: 'x', email: 'x@x.example', language: 'da' },
      tier: 'basic',
      network: 'public',
      connector: { type: types[system] ?? 'postgres', options: {} },
      art15: { purposes: [text], legalBasis: text, recipients: [], retention: text, source: text },
      collections: {},
    };
    systems[system].collections[name] = {
      title: text,
      primaryKey: ['id'],
      identity: Object.fromEntries(
        any.entries.filter(({ at }) => at.collection === id).map(({ kind, at }) => [kind, at.field]),
      ),
      references: any.flows
        .filter(({ to }) => to.collection === id)
        .map(({ from, to, either }) => {
          const other = `${from.collection}.${from.field}`;
          return { field: to.field, from: other, ...(either ? { to: other } : {}) };
        }),
      fields: {},
      options: {},
    };
  }
  return { version: 1, systems };
};

const shape = (map: DataMap) =>
  wavesOf(map, planOf(map, ['email'])).map((wave) =>
    wave.map(({ system, collections }) => `${system}(${collections.map(({ name }) => name).join(' ')})`).join(' '),
  );

describe('wavesOf', () => {
  test('collections that only feed each other within one system run in one item', () => {
    const flows: Flow[] = [
      ['crm.person.id', 'crm.notes.person'],
      ['crm.notes.id', 'crm.files.note'],
      ['crm.person.id', 'shop.orders.person'],
    ];
    expect(shape(mapOf(graph(['email=crm.person.email'], flows)))).toEqual(['crm(person notes files)', 'shop(orders)']);
  });

  test('a system waits with what nobody needs until it is asked anyway', () => {
    const flows: Flow[] = [['crm.person.id', 'shop.orders.person']];
    const entries = ['email=crm.person.email', 'email=shop.newsletter.email'];
    expect(shape(mapOf(graph(entries, flows)))).toEqual(['crm(person)', 'shop(newsletter orders)']);
  });

  test('a system is asked twice when another needs its first answer for what it is asked next', () => {
    const flows: Flow[] = [
      ['crm.person.id', 'shop.orders.person'],
      ['shop.orders.id', 'crm.invoices.order'],
    ];
    expect(shape(mapOf(graph(['email=crm.person.email'], flows)))).toEqual([
      'crm(person)',
      'shop(orders)',
      'crm(invoices)',
    ]);
  });

  test('what a person looks up is asked for at once and gives nothing to others', () => {
    const flows: Flow[] = [
      ['crm.person.id', 'paper.folders.person'],
      ['paper.folders.id', 'shop.orders.folder'],
    ];
    const map = mapOf(graph(['email=crm.person.email'], flows), { paper: 'manual' });
    expect(shape(map)).toEqual(['crm(person) paper(folders)']);
    expect(planOf(map, ['email']).unreachable).toEqual(['shop.orders']);
  });

  test('of any map: everything runs once, after what feeds it, and a system once in a wave', () => {
    fc.assert(
      fc.property(anyGraph, (any) => {
        const map = mapOf(any);
        const plan = planOf(map, ['email']);
        const done = new Set<string>();
        const after = new Map(plan.steps.map((step) => [step.collection, step.after]));
        for (const wave of wavesOf(map, plan)) {
          expect(new Set(wave.map(({ system }) => system)).size).toBe(wave.length);
          const before = new Set(done);
          for (const { system, collections } of wave) {
            const here = new Set(before);
            for (const { name } of collections) {
              const id = `${system}.${name}`;
              expect(after.get(id)?.filter((each) => !here.has(each))).toEqual([]);
              expect(done.has(id)).toBe(false);
              here.add(id);
              done.add(id);
            }
          }
        }
        expect(done.size).toBe(plan.steps.length);
      }),
    );
  });
});
