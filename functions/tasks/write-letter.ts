import { evidenceKey, layout } from '../../domain/answer-layout.ts';
import { type Fonts, letterPdf } from '../../web/package/pdf.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { LetterOrder } from '../aws/letter.ts';
import { answerFacts } from '../lib/answer-facts.ts';
import type { AnswerDeps } from '../lib/answer-files.ts';
import { letterFonts } from '../lib/letter-fonts.ts';
import { mapOf } from '../lib/request-map.ts';
import { readConfig } from '../lib/settings.ts';
import type { StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

interface Deps extends StepDeps, Omit<AnswerDeps, 'map'> {
  readonly fonts: Fonts;
}

/** Writes the letter of an answer among its files, and answers what a manifest says of it. Doing it again writes the same. */
export const writeLetter = task({
  input: LetterOrder,
  async run({ requestId, attempt, sources, heldBack }, deps: Deps) {
    const held = { ...(await deps.cases.read(requestId)), sources };
    const { evidence, language } = held.request;
    // No row and no document stands in the letter: the pages and tables beside it hold them.
    const map = await mapOf(held.request, deps.files);
    const none = async () => [];
    const facts = await answerFacts(held, { ...deps, map, heldBack, firstRows: none, documentsOf: none });
    const path = layout(language).letter;
    const content = await letterPdf(facts, deps.fonts);
    return { path, attempt, ...(await deps.files.pack(evidenceKey(evidence, attempt, path), [content])) };
  },
});

export const handler = onTask(writeLetter, () => ({
  cases: cases(),
  files: files(),
  now,
  config: readConfig(),
  fonts: letterFonts,
}));
