import type { Collection, DataMap, System } from './data-map.ts';

/** Text that either map calls free was found to tell of other people: once known, it holds for what was gathered before. */
const collectionNow = (kept: Collection, today: Collection | undefined): Collection => ({
  ...kept,
  fields: Object.fromEntries(
    Object.entries(kept.fields).map(([name, field]) => [
      name,
      today?.fields[name]?.freeText ? { ...field, freeText: true } : field,
    ]),
  ),
});

const systemNow = (kept: System, today: System | undefined): System => {
  if (!today) return kept;
  const instructions = today.instructions ?? kept.instructions;
  return {
    ...kept,
    owner: today.owner,
    ...(instructions ? { instructions } : {}),
    tier: [kept.tier, today.tier].includes('elevated') ? 'elevated' : 'basic',
    collections: Object.fromEntries(
      Object.entries(kept.collections).map(([name, each]) => [name, collectionNow(each, today.collections[name])]),
    ),
  };
};

/**
 * What holds today for a request that was planned by an earlier map: its own systems, names and references; who owns a system and where they
 * look, as deployed; of tiers and of free text whichever map is the stricter. A system that was removed is as it was.
 */
export const mapInForce = (kept: DataMap, deployed: DataMap): DataMap => ({
  ...kept,
  systems: Object.fromEntries(
    Object.entries(kept.systems).map(([name, system]) => [name, systemNow(system, deployed.systems[name])]),
  ),
});
