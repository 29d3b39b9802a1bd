import type { AnswerFacts, AnswerSystem } from './answer.ts';
import { kindsOf } from './found.ts';
import { answerTexts } from './texts.ts';

const recipientTexts = ({ system }: AnswerSystem, { language, organisation }: AnswerFacts): string[] => {
  if (system.art15.recipients.length === 0) {
    return [answerTexts(language)('about.recipients-none', { organisation: organisation.name })];
  }
  return system.art15.recipients.map(({ name, why }) => (why ? `${name}: ${why[language]}` : name));
};

/** What Art. 15(1)(a) to (d), (g), (h) and 15(2) ask, about this system and not in general: names with one or more texts each. */
export const aboutRows = (
  answered: AnswerSystem,
  facts: AnswerFacts,
): (readonly [name: string, texts: readonly string[]])[] => {
  const { language } = facts;
  const say = answerTexts(language);
  const { purposes, legalBasis, transfers, retention, source, automatedDecisions } = answered.system.art15;
  const kinds = kindsOf(answered, language).join(', ');
  const rows: (readonly [string, readonly string[]])[] = [
    [say('about.purposes'), purposes.map((purpose) => purpose[language])],
    [say('about.basis'), [legalBasis[language]]],
    [say('about.categories'), kinds ? [kinds] : []],
    [say('about.recipients'), recipientTexts(answered, facts)],
    [say('about.transfers'), [transfers?.[language] ?? say('about.transfers-none')]],
    [say('about.retention'), [retention[language]]],
    [say('about.source'), [source[language]]],
    [say('about.automated'), [automatedDecisions?.[language] ?? say('about.automated-none')]],
  ];
  return rows.filter(([, texts]) => texts.length > 0);
};
