import { blocks, type Draft, note, paragraph } from './block.ts';
import type { LetterFacts } from './facts.ts';
import { button, complaint, foot, linkLife, personFacts, staffFacts, urgent, urgently, voice } from './voice.ts';

/** Carries what Art. 12(4) asks to be told within the month: why nothing was done, and where to complain. Nothing that was typed (T17). */
const remind = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, due } = v;
  return {
    subject: say('remind.subject', { reference }),
    title: say('remind.title'),
    preview: say('remind.close', { date: due }),
    blocks: blocks(
      paragraph(say('remind.lead', { organisation: facts.organisation.name })),
      button('remind', facts, v),
      facts.code !== undefined && { kind: 'code', label: say('confirm.code'), code: facts.code },
      linkLife(facts, v),
      paragraph(say('remind.ended')),
      paragraph(say('remind.close', { date: due })),
      personFacts(v),
      note(say('confirm.not-you-title'), say('confirm.not-you')),
      complaint(facts.authority, facts.dpo.email, say),
    ),
    foot: foot('person', facts),
  };
};

const unproven = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, dueShort } = v;
  return {
    subject: say('unproven.subject', { reference, date: dueShort }),
    title: say('unproven.title'),
    preview: say('unproven.lead'),
    blocks: blocks(
      paragraph(say('unproven.lead')),
      staffFacts(v),
      paragraph(say('unproven.close')),
      button('unproven', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

const expiring = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, until = '' } = v;
  return {
    subject: say('expiring.subject', { reference, date: until }),
    title: say('expiring.title'),
    preview: say('expiring.lead', { date: until }),
    blocks: blocks(paragraph(say('expiring.lead', { date: until })), button('expiring', facts, v)),
    foot: foot('person', facts),
  };
};

const closed = (facts: LetterFacts): Draft => {
  const { say, reference } = voice(facts);
  const { email } = facts.organisation;
  return {
    subject: say('closed.subject', { reference }),
    title: say('closed.title'),
    preview: say('closed.lead'),
    blocks: blocks(paragraph(say('closed.lead')), paragraph(say('closed.again', { email, reference }))),
    foot: foot('person', facts),
  };
};

/** In place of a link that has ended, to whom that was sent. */
const newLink = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('new-link.subject', { reference }),
    title: say('new-link.title'),
    preview: say('new-link.lead'),
    blocks: blocks(paragraph(say('new-link.lead')), button('new-link', facts, v), linkLife(facts, v)),
    foot: foot('person', facts),
  };
};

/** The closing note of a request that nobody proved. */
const expired = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('expired.subject', { reference }),
    title: say('expired.title'),
    preview: say('expired.lead'),
    blocks: blocks(
      paragraph(say('expired.lead')),
      paragraph(say('expired.again', { email: facts.organisation.email })),
      complaint(facts.authority, facts.dpo.email, say),
    ),
    foot: foot('person', facts),
  };
};

/** To an owner who has not answered yet, and at last to their deputies: with a link of their own, and nothing of whom to look for. */
const ownerReminder = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, answerBy, answerByShort } = v;
  const { system = '', deputy = false, deputies = false } = facts.task ?? {};
  const reader = deputy ? 'deputy' : 'owner';
  return {
    subject: urgently(say('owner-reminder.subject', { reference, system, date: answerByShort }), facts, v),
    title: say('owner-reminder.title'),
    preview: say(`owner-reminder.${reader}`, { system }),
    blocks: blocks(
      urgent(facts, v),
      paragraph(say(`owner-reminder.${reader}`, { system })),
      {
        kind: 'facts',
        rows: [
          [say('fact.system'), system],
          [say('fact.reference'), reference],
          [say('fact.owner-by'), answerBy],
        ],
      },
      (deputy || deputies) && paragraph(say('owner-reminder.first')),
      button('owner-reminder', facts, v),
      paragraph(say('owner-task.who')),
      linkLife(facts, v),
    ),
    foot: foot(reader, facts),
  };
};

/** The mails that a date causes. */
export const ofTime = {
  'owner-reminder': ownerReminder,
  remind,
  unproven,
  expiring,
  closed,
  'new-link': newLink,
  expired,
};
