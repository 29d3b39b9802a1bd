import { ticks } from 'd3-array';
import type { Child } from 'hono/jsx';
import { Table } from '../components.tsx';

/** A group of bars: its name, and a number for each series. */
export interface Bars {
  readonly name: string;
  readonly values: readonly number[];
  /** Drawn as something wrong; the name says so too. */
  readonly late?: boolean;
}

export interface ChartProps {
  readonly id: string;
  readonly title: string;
  /** What it shows in a sentence, for those who do not see it. */
  readonly says: string;
  /** What the groups are, and what each series counts. */
  readonly heads: readonly [string, ...string[]];
  readonly bars: readonly Bars[];
  readonly children?: Child;
}

const width = 360;
const left = 116;
const right = 34;
const rowHeight = 24;
const foot = 20;
/** What stays empty of a row. */
const gap = 0.15;

const Grid = ({ ticks, x, height }: { ticks: readonly number[]; x: (n: number) => number; height: number }) => (
  <g class="chart-grid">
    {ticks.map((tick) => (
      <>
        <line x1={x(tick)} x2={x(tick)} y1={0} y2={height} />
        <text x={x(tick)} y={height + 14} text-anchor="middle">
          {tick}
        </text>
      </>
    ))}
  </g>
);

interface GroupProps {
  readonly group: Bars;
  readonly y: number;
  readonly thick: number;
  readonly x: (n: number) => number;
  readonly hatch: string;
}

const Group = ({ group, y, thick, x, hatch }: GroupProps) => (
  <g class={group.late ? 'chart-late' : undefined}>
    <text x={left - 8} y={y + (thick * group.values.length) / 2} text-anchor="end" dominant-baseline="central">
      {group.name}
    </text>
    {group.values.map((value, at) => (
      <>
        <rect
          class="chart-bar"
          x={left}
          y={y + at * thick}
          width={x(value) - left}
          height={thick - 2}
          {...(at > 0 ? { fill: `url(#${hatch})`, class: 'chart-bar chart-hatched' } : {})}
        />
        <text x={x(value) + 5} y={y + at * thick + (thick - 2) / 2} dominant-baseline="central">
          {value}
        </text>
      </>
    ))}
  </g>
);

/** Whole steps: half a request is none. */
const ticksOf = (most: number): number[] => ticks(0, most, 4).filter(Number.isInteger);

const Drawing = ({ id, title, says, bars, heads }: ChartProps) => {
  const series = heads.length - 1;
  const step = series > 1 ? rowHeight * 1.35 : rowHeight;
  const height = bars.length * step;
  const most = Math.max(1, ...bars.flatMap(({ values }) => values));
  const x = (n: number): number => left + (n / most) * (width - right - left);
  const hatch = `${id}-hatch`;
  return (
    <svg viewBox={`0 0 ${width} ${height + foot}`} role="img" aria-labelledby={`${id}-title ${id}-says`}>
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-says`}>{says}</desc>
      <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="chart-hatch" width="2.5" height="5" />
      </pattern>
      <Grid ticks={ticksOf(most)} x={x} height={height} />
      {bars.map((group, at) => (
        <Group group={group} y={(at + gap / 2) * step} thick={(step * (1 - gap)) / series} x={x} hatch={hatch} />
      ))}
    </svg>
  );
};

/** Which look is which series: words beside a sample. */
const Legend = ({ id, series }: { id: string; series: readonly string[] }) =>
  series.length < 2 ? null : (
    <p class="chart-legend">
      {series.map((name, at) => (
        <span>
          <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
            <rect
              class={at > 0 ? 'chart-bar chart-hatched' : 'chart-bar'}
              width="14"
              height="14"
              {...(at > 0 ? { fill: `url(#${id}-hatch)` } : {})}
            />
          </svg>{' '}
          {name}
        </span>
      ))}
    </p>
  );

/** Bars drawn on the server, and the same numbers as a table beside them. No script, no inline style, colours from the style sheet. */
export const Chart = (props: ChartProps) => {
  const { title, heads, bars, id, children } = props;
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        {children}
      </figcaption>
      <div class="chart-drawing">
        <Drawing {...props} />
        <Legend id={id} series={heads.slice(1)} />
      </div>
      <Table
        caption={props.says}
        heads={heads}
        rows={bars.map(({ name, values }): [Child, ...Child[]] => [name, ...values.map(String)])}
      />
    </figure>
  );
};
