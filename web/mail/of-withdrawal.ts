import { blocks, type Draft, note, paragraph } from './block.ts';
import type { LetterFacts } from './facts.ts';
import { foot, staffFacts, voice } from './voice.ts';

/** The person's receipt, which also warns whoever did not ask for it. */
const withdrawn = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('withdrawn.subject', { reference }),
    title: say('withdrawn.title'),
    preview: say('withdrawn.lead'),
    blocks: blocks(
      paragraph(say('withdrawn.lead')),
      paragraph(say('withdrawn.again')),
      note(say('confirm.not-you-title'), say('withdrawn.not-you', { email: facts.organisation.email })),
    ),
    foot: foot('person', facts),
  };
};

const caseWithdrawn = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('case-withdrawn.subject', { reference }),
    title: say('case-withdrawn.title'),
    preview: say('case-withdrawn.lead'),
    blocks: blocks(paragraph(say('case-withdrawn.lead')), staffFacts(v)),
    foot: foot('dpo', facts),
  };
};

/** To an owner who still looks: nobody needs the answer any more, and what was found is no longer theirs to keep. */
const taskEnded = (facts: LetterFacts): Draft => {
  const { say, reference } = voice(facts);
  const { system = '' } = facts.task ?? {};
  return {
    subject: say('task-ended.subject', { reference, system }),
    title: say('task-ended.title'),
    preview: say('task-ended.lead', { system }),
    blocks: blocks(paragraph(say('task-ended.lead', { system })), paragraph(say('task-ended.copies'))),
    foot: foot('owner', facts),
  };
};

/** The mails that tell that the person took the request back. */
export const ofWithdrawal = { withdrawn, 'case-withdrawn': caseWithdrawn, 'task-ended': taskEnded };
