import type { Command } from 'commander';
import type { Finding, ReadMap } from '../domain/data-map.ts';
import { type FidesDataset, graphOfFides, isFides, readFides } from '../domain/fides.ts';
import { countToDo, importFides } from '../domain/fides-import.ts';
import { drawGraph } from '../domain/map-graph.ts';
import { reachFindings, unreachedFindings } from '../domain/map-rules.ts';
import { type Plan, planOfGraph, type Step } from '../domain/plan.ts';
import { graphOf, mergedGraph, type ReferenceGraph } from '../domain/reference-graph.ts';
import { toDoFindings } from '../domain/to-do.ts';
import { sortedFindings } from '../domain/yaml-source.ts';
import { exitCodes, UsageError } from './exit.ts';
import { findingLine, readFiles, readMap } from './map-files.ts';

interface Options {
  readonly identity: readonly string[];
  readonly json?: boolean;
}

interface Maps {
  readonly own: ReadMap;
  readonly fides: readonly FidesDataset[];
  readonly graph: ReferenceGraph;
  /** All but what no identity reaches. */
  readonly findings: readonly Finding[];
}

const readMaps = (paths: readonly string[]): Maps => {
  const { fides = [], own = [] } = Object.groupBy(readFiles(paths), (file) => (isFides(file) ? 'fides' : 'own'));
  const map = readMap(own);
  const { datasets, findings } = readFides(fides);
  const graph = mergedGraph([...(map.map ? [graphOf(map.map)] : []), graphOfFides(datasets)]);
  return {
    own: map,
    fides: datasets,
    graph,
    findings: sortedFindings([...map.findings, ...findings]),
  };
};

const printFindings = (findings: readonly Finding[], json: boolean | undefined): void => {
  const lines = findings.map((each) => `${findingLine(each)}\n`);
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : lines.join(''));
  if (findings.length > 0) process.exitCode = exitCodes.findings;
};

const kindsIn = ({ entries }: ReferenceGraph): string[] => [...new Set(entries.map(({ kind }) => kind))].sort();

/** The kinds of the identities given; their values stay where they are: a plan needs none. */
const kindsOf = (identities: readonly string[]): string[] => [
  ...new Set(identities.map((each) => each.slice(0, each.indexOf('=')))),
];

const identityOption = (text: string, before: readonly string[] = []): string[] => {
  // What was typed may be personal data: it is not repeated.
  if (!/^[^=\s]+=./.test(text)) throw new UsageError('--identity: write KIND=VALUE, such as email=a@b.dk');
  return [...before, text];
};

const check = (paths: readonly string[], { json }: Options): void => {
  const { own, fides, graph, findings } = readMaps(paths);
  const wrong = sortedFindings([...findings, ...reachFindings(own), ...unreachedFindings(fides, kindsIn(graph))]);
  // What a person must still write is a question only to a map that is otherwise right.
  const found = wrong.length > 0 ? wrong : sortedFindings(toDoFindings(own.sources));
  printFindings(found, json);
  const total = graph.collections.length;
  process.stderr.write(found.length > 0 ? `${found.length} to mend\n` : `${total} collections, nothing to mend\n`);
};

const textOfStep = ({ wave, collection, inputs }: Step): string =>
  `${wave}  ${collection}  ${inputs.map(({ field, from }) => `${from} -> ${field.slice(collection.length + 1)}`).join(', ')}\n`;

const textOfPlan = ({ steps, missing, conflicts }: Plan): string =>
  [
    ...steps.map(textOfStep),
    ...missing.map(
      ({ collection, path, reason }) => `-  ${collection}  unreachable (${path.join(' -> ')}): ${reason}\n`,
    ),
    ...conflicts.map(
      ({ first, second }) => `-  ${second}  cannot be asked after ${first}: the references lead there\n`,
    ),
  ].join('');

const plan = (paths: readonly string[], { identity, json }: Options): void => {
  const { graph, findings } = readMaps(paths);
  if (findings.length > 0) {
    printFindings(findings, json);
    return;
  }
  const made = planOfGraph(graph, kindsOf(identity));
  process.stdout.write(json ? `${JSON.stringify(made)}\n` : textOfPlan(made));
  if (made.unreachable.length + made.conflicts.length === 0) return;
  process.stderr.write(
    `${made.unreachable.length} of ${graph.collections.length} collections are not reached, ${made.conflicts.length} orders cannot be kept\n`,
  );
  process.exitCode = exitCodes.findings;
};

const draw = (paths: readonly string[], { identity }: Options): void => {
  const { graph, findings } = readMaps(paths);
  if (findings.length > 0) failed(findings);
  else process.stdout.write(drawGraph(graph, identity.length > 0 ? kindsOf(identity) : kindsIn(graph)));
};

/** For commands whose stdout is a file of another kind. */
const failed = (findings: readonly Finding[]): void => {
  for (const each of findings) process.stderr.write(`${findingLine(each)}\n`);
  process.exitCode = exitCodes.findings;
};

const importFrom = (paths: readonly string[]): void => {
  const files = readFiles(paths);
  const other = files.find((file) => !isFides(file));
  if (other) throw new UsageError(`${other.name}: not a Fides dataset (it would begin with "dataset:")`);
  const { datasets, findings } = readFides(files);
  if (findings.length > 0) {
    failed(findings);
    return;
  }
  const yaml = importFides(datasets);
  process.stdout.write(yaml);
  process.stderr.write(
    `${countToDo(yaml)} texts say TODO: "privacy map check" finds them; look at owner, connector and labels too\n`,
  );
};

/** `privacy map`: checks, plans, draws and imports data maps. */
export const registerMap = (program: Command): void => {
  const map = program.command('map').description('the data map: which systems hold personal data, and how it is found');
  const files = ['[files...]', 'files or folders of the map (default: systems), ours or Fides datasets'] as const;
  const identity = ['--identity <kind=value>', 'what the person is known by; may be repeated', identityOption] as const;
  map
    .command('check')
    .description('what is wrong in a map, with file, line and column; exit 3 if anything is')
    .argument(...files)
    .option('--json', 'machine-readable')
    .action(check);
  map
    .command('plan')
    .description('which collections are asked in which order; exit 3 if one is not reached')
    .argument(...files)
    .requiredOption(...identity)
    .option('--json', 'machine-readable')
    .action(plan);
  map
    .command('graph')
    .description('a drawing of the map and of what identities reach, as SVG')
    .argument(...files)
    .option(...identity, [])
    .action(draw);
  map
    .command('import-fides')
    .description('Fides datasets as systems of our map, in YAML')
    .argument('<files...>', 'files or folders with Fides datasets')
    .action((paths: string[]) => importFrom(paths));
};
