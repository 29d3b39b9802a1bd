import type { Command } from 'commander';
import { connectors, isAsked } from '../connectors/index.ts';
import type { Connector } from '../domain/connector.ts';
import type { Collection, System } from '../domain/data-map.ts';
import { addressFields, exactly, formsOf } from '../domain/identity.ts';
import { suggestion } from '../domain/nearest.ts';
import { exitCodes, UsageError } from './exit.ts';
import { readFiles, readMap } from './map-files.ts';

interface Options {
  readonly email: string;
  readonly map?: string;
  readonly json?: boolean;
}

/** What a collection answered: numbers and words of ours, nothing of the person or the source. */
interface Tested {
  readonly collection: string;
  readonly state: 'OK' | 'EMPTY' | 'SourceUnavailable' | 'SourceMalformed' | 'Error';
  readonly rows: number;
  readonly possibleMatches: number;
  readonly pages: number;
  readonly seconds: number;
}

const systemIn = (name: string, folder: string): System => {
  const { map, findings } = readMap(readFiles([folder]));
  if (findings.length > 0) throw new UsageError(`${folder}: ${findings.length} to mend: see privacy map check`);
  const systems = map?.systems ?? {};
  const system = Object.hasOwn(systems, name) ? systems[name] : undefined;
  if (!system) throw new UsageError(`no system ${name}: ${suggestion(name, Object.keys(systems))}`);
  return system;
};

const connectTo = async (system: System): Promise<Connector> => {
  const { type, secret: name } = system.connector;
  if (!isAsked(type)) throw new UsageError('a person looks there: there is nothing to test');
  const { readSecret } = await import('../functions/aws/secrets.ts');
  const secret = name ? await readSecret(name) : {};
  const factory = await connectors[type]();
  return factory({ system, secret, allowLoopback: process.env.ALLOW_LOOPBACK === 'true' });
};

const nameOf = (error: unknown): Tested['state'] => {
  const { name } = error as Error;
  return name === 'SourceUnavailable' || name === 'SourceMalformed' ? name : 'Error';
};

// Our errors name places in the map, never values; of others only their name is told.
const reason = (error: unknown): string =>
  nameOf(error) === 'Error' ? (error as Error).name : (error as Error).message;

/** A look-up in a collection by one of the fields that hold the person's address. */
interface Asked {
  readonly name: string;
  readonly collection: Collection;
  readonly field: string;
  /** With the field, where there are several. */
  readonly told: string;
}

const testOne = async (
  connector: Connector,
  { name, collection, field, told }: Asked,
  email: string,
): Promise<Tested> => {
  const matches = exactly(field, new Set([email]), true);
  const counts = { rows: 0, possibleMatches: 0, pages: 0 };
  const start = performance.now();
  const ended = (state: Tested['state']): Tested => {
    return { collection: told, state, ...counts, seconds: Math.round(performance.now() - start) / 1_000 };
  };
  try {
    for await (const { found } of connector.find({ name, collection, field, values: formsOf([email], true) })) {
      counts.pages += 1;
      counts.rows += found.filter(({ row }) => matches(row)).length;
      counts.possibleMatches += found.filter(({ row }) => !matches(row)).length;
    }
    return ended(counts.rows > 0 ? 'OK' : 'EMPTY');
  } catch (error) {
    process.stderr.write(`${told}: ${reason(error)}\n`);
    return ended(nameOf(error));
  }
};

const line = ({ collection, state, rows, possibleMatches, pages, seconds }: Tested): string =>
  `${collection}  ${state}  ${rows} rows  ${possibleMatches} possible matches  ${pages} pages  ${seconds} s\n`;

const checked = (connector: Connector): Promise<boolean> =>
  connector.check().then(
    () => true,
    (error: unknown) => {
      process.stderr.write(`check: ${reason(error)}\n`);
      return false;
    },
  );

const testSystem = async (name: string, { email, map = 'systems', json }: Options): Promise<void> => {
  // What was typed is personal data: it is not repeated.
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new UsageError('--email: write an address, such as a@b.dk');
  const system = systemIn(name, map);
  const connector = await connectTo(system);
  try {
    const answers = await checked(connector);
    const asked = Object.entries(system.collections).flatMap(([id, collection]) =>
      addressFields(collection).map((field, _, { length }): Asked => {
        return { name: id, collection, field, told: length > 1 ? `${id}.${field}` : id };
      }),
    );
    const tested: Tested[] = [];
    for (const each of asked) tested.push(await testOne(connector, each, email));
    const others = Object.keys(system.collections).filter((id) => !asked.some(({ name: each }) => each === id));
    process.stdout.write(
      json ? `${JSON.stringify({ system: name, answers, collections: tested, others })}\n` : tested.map(line).join(''),
    );
    if (others.length > 0) process.stderr.write(`found by reference, so not asked here: ${others.join(', ')}\n`);
    if (!answers || tested.some(({ state }) => state !== 'OK' && state !== 'EMPTY'))
      process.exitCode = exitCodes.failed;
  } finally {
    await connector.close?.();
  }
};

/** `privacy connector test SYSTEM`: whether a described system answers, in numbers only. */
export function registerConnector(program: Command): void {
  program
    .command('connector')
    .description('systems that hold personal data')
    .command('test <system>')
    .description('ask one system for one address, with your AWS credentials; prints counts, never what was found')
    .requiredOption('--email <address>', 'whom to look for')
    .option('--map <folder>', 'where the data map is', 'systems')
    .option('--json', 'for machines')
    .action(testSystem);
}
