import type { Template } from '../../domain/change.ts';
import type { Draft } from './block.ts';
import type { LetterFacts } from './facts.ts';
import { htmlMail } from './html.tsx';
import { ofTime } from './of-time.ts';
import { ofWithdrawal } from './of-withdrawal.ts';
import { plainMail } from './plain.ts';
import { toPerson } from './to-person.ts';
import { toStaff } from './to-staff.ts';

export type { LetterFacts } from './facts.ts';

/** A mail's subject and its two bodies, which say the same. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const drafts: Readonly<Record<Template, (facts: LetterFacts) => Draft>> = {
  ...toPerson,
  ...toStaff,
  ...ofTime,
  ...ofWithdrawal,
};

/** Writes a mail in the reader's language. Throws RangeError for a date or time zone that does not exist. */
export const letter = (template: Template, facts: LetterFacts): Letter => {
  const draft = drafts[template](facts);
  const html = htmlMail({ ...draft, language: facts.language, organisation: facts.organisation.name });
  // A system's title may be written over several lines of YAML; a subject is one line.
  return { subject: draft.subject.replaceAll(/\s+/g, ' '), text: plainMail(draft), html };
};
