import { type Plan, planOfGraph } from './plan.ts';
import { pathOf, type ReferenceGraph } from './reference-graph.ts';

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly column: number;
  readonly kind: 'identity' | 'reached' | 'unreached';
}

interface Line {
  readonly from: string;
  readonly to: string;
  readonly title: string;
  readonly used: boolean;
}

const rowHeight = 56;
const boxHeight = 36;
const columnGap = 96;
const margin = 24;
const headHeight = 40;
/** Between the ways of lines that go round under the boxes. */
const laneHeight = 16;
/** How far a line leaves a box before it turns down. */
const turn = 40;
// A letter of 13 px in a sans-serif face is at most this wide on average; boxes must hold their names without measuring.
const letterWidth = 8;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Colours as custom properties: one set for light, one for dark (contrast at least 4.5:1 for text). */
const style = `
svg{--ground:#fff;--ink:#1b1f24;--line:#57606a;--box:#eef4fb;--edge:#0b5c8a;--lost:#fff4e5;--warn:#8a4b00;font:13px system-ui,sans-serif}
@media (prefers-color-scheme:dark){svg{--ground:#12161b;--ink:#e8edf2;--line:#9aa7b4;--box:#17283a;--edge:#7cc4f0;--lost:#33240f;--warn:#ffb763}}
.ground{fill:var(--ground)}text{fill:var(--ink)}.head{font-weight:600}
rect.reached,rect.identity{fill:var(--box);stroke:var(--edge)}rect.identity{stroke-width:2}
rect.unreached{fill:var(--lost);stroke:var(--warn);stroke-dasharray:5 3}
path{fill:none;stroke:var(--line);stroke-width:1.5}path.unused{stroke-dasharray:3 4}marker path{fill:var(--line);stroke:none}
`;

/** Columns from left to right: identities, waves, and last what no identity reaches. */
const columnsOf = (plan: Plan, kinds: readonly string[]) => {
  const waves = Map.groupBy(plan.steps, ({ wave }) => wave);
  const reached = [...waves.keys()].sort((a, b) => a - b);
  const lost = { head: 'Not reached', kind: 'unreached' as const, names: [...plan.unreachable] };
  return [
    { head: 'Identity', kind: 'identity' as const, names: kinds.map((kind) => `identity.${kind}`) },
    ...reached.map((wave) => ({
      head: `Wave ${wave}`,
      kind: 'reached' as const,
      names: (waves.get(wave) ?? []).map(({ collection }) => collection),
    })),
    ...(lost.names.length > 0 ? [lost] : []),
  ];
};

const layOut = (columns: ReturnType<typeof columnsOf>) => {
  let x = margin;
  const heads: { text: string; x: number }[] = [];
  const boxes = columns.flatMap(({ head, kind, names }, column) => {
    const left = x;
    const width = Math.max(...names.map((name) => name.length), head.length) * letterWidth + 24;
    heads.push({ text: head, x: left });
    x += width + columnGap;
    const top = margin + headHeight;
    return names.map((name, row): Box => ({ name, kind, width, column, x: left, y: top + row * rowHeight }));
  });
  const rows = Math.max(1, ...columns.map(({ names }) => names.length));
  return { heads, boxes, width: x - columnGap + margin + turn, height: headHeight + margin * 2 + rows * rowHeight };
};

const linesOf = ({ flows }: ReferenceGraph, plan: Plan): Line[] => {
  const fed = plan.steps.flatMap(({ collection, inputs }) =>
    inputs.map(({ field, from }) => ({
      from: from.startsWith('identity.') ? from : '',
      to: collection,
      title: `${from} → ${field}`,
    })),
  );
  const titles = new Set(fed.map(({ title }) => title));
  const drawn = flows.flatMap(({ from, to, either }) => {
    const there = `${pathOf(from)} → ${pathOf(to)}`;
    const back = `${pathOf(to)} → ${pathOf(from)}`;
    const turned = either && titles.has(back);
    const [start, end, title] = turned ? [to, from, back] : [from, to, there];
    return [{ from: start.collection, to: end.collection, title, used: titles.has(title) }];
  });
  const entries = fed.filter(({ from }) => from !== '').map((line) => ({ ...line, used: true }));
  const named = new Map([...entries, ...drawn].map((line) => [line.title, line]));
  return [...named.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
};

const drawBox = ({ name, x, y, width, kind }: Box): string =>
  `<g><title>${escaped(name)}${kind === 'unreached' ? ', not reached' : ''}</title><rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${boxHeight}" rx="6"/><text x="${x + 12}" y="${y + 23}">${escaped(name)}</text></g>`;

const middle = ({ y }: Box): number => y + boxHeight / 2;

const straight = (start: Box, end: Box): string => {
  const [x1, x2] = [start.x + start.width, end.x];
  const bend = Math.max(turn, (x2 - x1) / 2);
  return `M${x1} ${middle(start)}C${x1 + bend} ${middle(start)} ${x2 - bend} ${middle(end)} ${x2} ${middle(end)}`;
};

/** Down between the columns, along under the boxes, and up again. */
const round = (start: Box, end: Box, lane: number): string => {
  const [x1, x2] = [start.x + start.width, end.x];
  const back = x2 < x1;
  const [left, right] = back ? [x2, x1] : [x2 - turn, x1 + turn];
  const down = `C${x1 + turn} ${middle(start)} ${back ? right + turn : x1} ${lane} ${right} ${lane}`;
  const up = `C${back ? left - turn : x2} ${lane} ${x2 - turn} ${middle(end)} ${x2} ${middle(end)}`;
  return `M${x1} ${middle(start)}${down}H${left}${up}`;
};

/** The lines that would pass behind other boxes, or back, go round: those to one box together. */
const ways = (lines: readonly Line[], boxes: ReadonlyMap<string, Box>, bottom: number) => {
  const placed = lines.flatMap((line) => {
    const [start, end] = [boxes.get(line.from), boxes.get(line.to)];
    return start && end ? [{ ...line, start, end, isNear: end.column === start.column + 1 }] : [];
  });
  const goals = [...new Set(placed.filter(({ isNear }) => !isNear).map(({ to }) => to))].sort();
  const lane = (to: string) => bottom + goals.indexOf(to) * laneHeight;
  const drawn = placed.map(({ start, end, isNear, ...line }) => {
    return { ...line, path: isNear ? straight(start, end) : round(start, end, lane(line.to)) };
  });
  return { drawn, height: goals.length * laneHeight };
};

const drawLine = ({ title, used, path }: Line & { readonly path: string }): string =>
  `<path class="${used ? 'used' : 'unused'}" d="${path}" marker-end="url(#tip)"><title>${escaped(title)}</title></path>`;

const sentences = ({ steps, unreachable, missing }: Plan): string =>
  [
    ...steps.map(({ collection, wave, inputs }) => {
      const from = inputs.map(({ field, from: source }) => `${source} for ${field}`).join(', ');
      return `Wave ${wave}: ${collection} takes ${from}.`;
    }),
    ...(unreachable.length > 0
      ? missing.map(({ collection, reason }) => `${collection} is not reached: ${reason}.`)
      : []),
  ].join(' ');

/** A drawing of the map and of what these kinds of identity reach, as SVG: the same for the same map, in light and in dark. */
export const drawGraph = (graph: ReferenceGraph, kinds: readonly string[]): string => {
  const sorted = [...new Set(kinds)].sort();
  const plan = planOfGraph(graph, sorted);
  const { heads, boxes, width, height: bottom } = layOut(columnsOf(plan, sorted));
  const byName = new Map(boxes.map((box) => [box.name, box]));
  const lines = ways(linesOf(graph, plan), byName, bottom - margin);
  const height = bottom + lines.height;
  const total = plan.steps.length + plan.unreachable.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">Data map: ${plan.steps.length} of ${total} collections are reached from ${escaped(sorted.join(', '))}</title>
<desc id="desc">${escaped(sentences(plan))}</desc>
<style>${style}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="ground" width="${width}" height="${height}"/>
${heads.map(({ text, x }) => `<text class="head" x="${x}" y="${margin + 16}">${text}</text>`).join('\n')}
${lines.drawn.map(drawLine).join('\n')}
${boxes.map(drawBox).join('\n')}
</svg>
`;
};
