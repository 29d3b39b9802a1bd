import { descriptorPath, evidenceKey, layout, type Part, partRoot } from '../../domain/answer-layout.ts';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { dataPackage } from '../../domain/data-package.ts';
import type { HeldBack } from '../../domain/left-out.ts';
import { answeredWithData, type Case, type DataRight, type StoredFile } from '../../domain/request.ts';
import type { AnswerFacts } from '../../web/package/answer.ts';
import { portabilityReadme, readme } from '../../web/package/readme.ts';
import { startPage } from '../../web/package/start-page.tsx';
import { systemPage } from '../../web/package/system-page.tsx';
import { titleOf } from '../../web/package/texts.ts';
import { withheldPage } from '../../web/package/withheld-page.tsx';
import type { Files } from '../aws/files.ts';
import { answerFacts } from './answer-facts.ts';
import { describedTables } from './described-tables.ts';
import { documentsOf } from './document-list.ts';
import { firstRows } from './first-rows.ts';

export interface AnswerDeps {
  readonly files: Files;
  readonly map: DataMap;
  readonly config: Config;
}

interface Text {
  readonly path: string;
  readonly text: string | undefined;
}

const descriptor = async (held: Case, facts: AnswerFacts, deps: AnswerDeps, part: Part): Promise<Text> => {
  const { reference, language, gatheredAt: created, organisation } = facts;
  const title = titleOf(facts);
  const tables = await describedTables(held, deps, part);
  return {
    path: `${partRoot(language, part)}${descriptorPath}`,
    text: dataPackage({ reference, title, language, created, organisation }, tables),
  };
};

const accessTexts = async (held: Case, facts: AnswerFacts, deps: AnswerDeps): Promise<Text[]> => {
  const names = layout(facts.language);
  return [
    { path: names.start, text: startPage(facts) },
    { path: names.readme, text: readme(facts) },
    { path: names.withheld, text: withheldPage(facts) },
    ...facts.systems.map((answered) => ({ path: answered.page, text: systemPage(facts, answered) })),
    await descriptor(held, facts, deps, undefined),
  ];
};

const portabilityTexts = async (held: Case, facts: AnswerFacts, deps: AnswerDeps): Promise<Text[]> => {
  const names = layout(facts.language);
  const described = await descriptor(held, facts, deps, 'portability');
  return [
    { path: `${names.portability}/${names.readme}`, text: portabilityReadme(facts, described.text !== undefined) },
    described,
  ];
};

const textsOf: Readonly<Record<DataRight, typeof accessTexts>> = {
  access: accessTexts,
  portability: portabilityTexts,
};

/** The rights asked for that are answered with data; the answer has a part for each. */
export const partsOf = ({ rights }: Case) => rights.map(({ right }) => right).filter(answeredWithData);

/** Writes the pages and descriptions that explain the answer, and answers what a manifest says of them. */
export const writeAnswerFiles = async (
  held: Case,
  attempt: string,
  heldBack: readonly HeldBack[],
  deps: AnswerDeps,
): Promise<StoredFile[]> => {
  const { evidence } = held.request;
  const facts = await answerFacts(held, {
    ...deps,
    heldBack,
    firstRows: async ({ path, attempt: by }) => firstRows(await deps.files.unpack(evidenceKey(evidence, by, path))),
    documentsOf: (system, collection) => documentsOf({ evidence, system }, collection, deps.files),
  });
  const written: StoredFile[] = [];
  for (const right of partsOf(held)) {
    for (const { path, text } of await textsOf[right](held, facts, deps)) {
      if (text === undefined) continue;
      const file = { path, attempt, ...(await deps.files.pack(evidenceKey(evidence, attempt, path), [text])) };
      written.push(right === 'portability' ? { ...file, right } : file);
    }
  }
  return written;
};
