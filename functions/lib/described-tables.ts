import { evidenceKey, type Part, partRoot, systemFolder, tablePaths } from '../../domain/answer-layout.ts';
import type { DescribedTable } from '../../domain/data-package.ts';
import { inForce } from '../../domain/gathering.ts';
import { provided } from '../../domain/provided.ts';
import type { RecordSchema } from '../../domain/record-schema.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import type { AnswerDeps } from './answer-files.ts';

const readSchema = async (key: string, { files }: AnswerDeps): Promise<RecordSchema> => {
  const parts: string[] = [];
  for await (const part of (await files.unpack(key)).setEncoding('utf8')) parts.push(part);
  return JSON.parse(parts.join('')) as RecordSchema;
};

const described = async (
  { request }: Case,
  deps: AnswerDeps,
  { system, collection: { name, files } }: { system: string; collection: SourceRecord['collections'][number] },
  part: Part,
): Promise<DescribedTable[]> => {
  const of = deps.map.systems[system];
  const whole = of?.collections[name];
  const collection = part && whole ? provided(whole) : whole;
  const root = partRoot(request.language, part);
  const folder = systemFolder(Object.keys(deps.map.systems), system, request.language, part);
  const paths = tablePaths(folder, system, name, root);
  const [json, csv, schema] = [paths.json, paths.csv, paths.schema].map((path) =>
    files.find((file) => file.path === path),
  );
  if (!of || !collection || !json || !csv || !schema) return [];
  // A descriptor names files relative to the folder it stands in.
  const within = (path: string) => path.slice(root.length);
  return [
    {
      system,
      of,
      name,
      collection,
      json: { ...json, path: within(json.path) },
      csv: { ...csv, path: within(csv.path) },
      schemaPath: within(paths.schema),
      schema: await readSchema(evidenceKey(request.evidence, schema.attempt, paths.schema), deps),
    },
  ];
};

/** The tables of one part of the answer, in the order of the overview, with the schemas that gathering wrote. */
export const describedTables = async (held: Case, deps: AnswerDeps, part: Part): Promise<DescribedTable[]> => {
  const all = inForce(held)
    .sort((a, b) => (a.system < b.system ? -1 : 1))
    .flatMap(({ system, collections }) => collections.map((collection) => ({ system, collection })));
  return (await Promise.all(all.map((each) => described(held, deps, each, part)))).flat();
};
