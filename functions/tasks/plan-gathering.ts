import type { DataMap } from '../../domain/data-map.ts';
import { inForce, planned, turnOf } from '../../domain/gathering.ts';
import { mapInForce } from '../../domain/map-in-force.ts';
import { planOf, type Wave, wavesOf } from '../../domain/plan.ts';
import type { Case } from '../../domain/request.ts';
import { leftClosed } from '../../domain/second-proof.ts';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { mapToPlanBy } from '../lib/request-map.ts';
import { type MapSettings, readMap } from '../lib/settings.ts';
import { OfRequest, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

interface Deps extends StepDeps {
  readonly files: Files;
  readonly deployed: MapSettings;
}

type Item = Wave[number];

/** Fields whose values another step looks for. */
const givenBy = (waves: readonly Wave[], system: string, collection: string): string[] => {
  const prefix = `${system}.${collection}.`;
  const wanted = waves
    .flat()
    .flatMap(({ collections }) => collections.flatMap(({ inputs }) => inputs.map(({ from }) => from)))
    .filter((from) => from.startsWith(prefix))
    .map((from) => from.slice(prefix.length));
  return [...new Set(wanted)].sort();
};

/** Other systems whose values an item is asked for. */
const giversOf = ({ system, collections }: Item, { systems }: DataMap): string[] => {
  const givers = collections.flatMap(({ inputs }) => inputs.map(({ from }) => from.split('.')[0] ?? ''));
  return [...new Set(givers)].filter((giver) => giver !== system && Object.hasOwn(systems, giver)).sort();
};

/** Systems that only a person can look into take part in the first wave. */
const manualItems = (map: DataMap): Item[] =>
  Object.entries(map.systems)
    .filter(([, { connector }]) => connector.type === 'manual')
    .map(([system]) => ({ system, collections: [] }));

/** What is still to be asked, as the state machine reads it: names only, `w0`, `w1` ... in the order they run. */
const forMachine = (waves: readonly Wave[], answered: ReadonlySet<string>) => {
  const isOpen = (wave: number) => (item: Item) => !answered.has(turnOf({ system: item.system, wave }));
  const items = (wave: Wave, index: number) =>
    wave.filter(isOpen(index)).map(({ system, collections }) => ({
      system,
      wave: index,
      collections: collections.map(({ name, inputs }) => ({
        name,
        inputs: inputs.map(({ field, from }) => ({ field: field.slice(`${system}.${name}.`.length), from })),
        gives: givenBy(waves, system, name),
      })),
    }));
  return Object.fromEntries(waves.map((wave, index) => [`w${index}`, items(wave, index)]));
};

const withManual = (map: DataMap): Wave[] => {
  const [first = [], ...rest] = wavesOf(map, planOf(map, ['email']));
  return [
    [...first.filter(({ system }) => map.systems[system]?.connector.type !== 'manual'), ...manualItems(map)],
    ...rest,
  ];
};

/** Plans from the proven address over the data map's references: which system is asked in which wave, for what. */
export const planGathering = task({
  input: OfRequest,
  async run({ requestId }, { cases: held, files: kept, deployed, now: clock }: Deps) {
    const { request } = await held.read(requestId);
    const { map, hash } = await mapToPlanBy(request, deployed, kept);
    const today = mapInForce(map, deployed.map);
    const waves = withManual(map);
    const systems = waves.flatMap((wave, index) =>
      wave.map((item) => ({ system: item.system, wave: index, from: giversOf(item, map) })),
    );
    const note = (found: Case) =>
      planned(found, { systems, dataMap: hash }, (whole) => leftClosed(whole, today, waves, clock()), clock());
    // Each notes as many closed systems as one transaction takes.
    while (await held.change(requestId, note));
    const answered = inForce(await held.read(requestId)).map(turnOf);
    return { waves: waves.length, plan: forMachine(waves, new Set(answered)) };
  },
});

export const handler = onTask(planGathering, () => ({ cases: cases(), files: files(), now, deployed: readMap() }));
