import { answeredWithData } from '../../domain/request.ts';
import { blocks, type Draft, heading, lead, note, paragraph, steps, warning } from './block.ts';
import type { LetterFacts } from './facts.ts';
import { button, complaint, foot, linkLife, outcomeBlocks, personFacts, type Voice, voice } from './voice.ts';

/** Nothing the person typed may stand in it: the address may be somebody else's, and we are no carrier of messages (T17). */
const confirm = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, until, answerBy } = v;
  return {
    subject: say('confirm.subject', { reference }),
    title: say('confirm.title'),
    preview: say('confirm.clock', { date: answerBy }),
    blocks: blocks(
      paragraph(say('confirm.lead', { organisation: facts.organisation.name })),
      button('confirm', facts, v),
      facts.code !== undefined && { kind: 'code', label: say('confirm.code'), code: facts.code },
      until !== undefined && paragraph(say('confirm.life', { when: until })),
      paragraph(say('confirm.clock', { date: answerBy })),
      personFacts(v),
      note(say('confirm.not-you-title'), say('confirm.not-you')),
    ),
    foot: foot('person', facts),
  };
};

const receipt = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, answerBy, answerByShort } = v;
  return {
    subject: say('receipt.subject', { reference, date: answerByShort }),
    title: say('receipt.title'),
    preview: say('receipt.lead', { date: answerBy }),
    blocks: blocks(
      lead(say('receipt.lead', { date: answerBy })),
      personFacts(v),
      heading(say('receipt.next')),
      steps(say('receipt.step-1'), say('receipt.step-2'), say('receipt.step-3'), say('receipt.step-4')),
      button('receipt', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('person', facts),
  };
};

const found = ({ say }: Voice) => ({ title: say('ready.title'), text: [lead(say('ready.lead'))] });

const rest = ({ say }: Voice) => ({ title: say('ready.rest-title'), text: [lead(say('ready.rest-lead'))] });

const nothing = ({ behalf }: LetterFacts, { say }: Voice) =>
  behalf === 'sender'
    ? { title: say('ready.nothing-title-behalf'), text: [lead(say('ready.nothing-behalf'))] }
    : {
        title: say('ready.nothing-title'),
        text: [lead(say(behalf ? 'ready.nothing-behalf' : 'ready.nothing')), paragraph(say('ready.nothing-other'))],
      };

/** What the file holds; and who asked for it, where that was not the reader. */
const about = ({ behalf, organisation }: LetterFacts, { say }: Voice) =>
  blocks(
    paragraph(say(behalf === 'sender' ? 'ready.keep-behalf' : 'ready.keep')),
    behalf === 'person' && note(say('ready.for-you-title'), say('ready.for-you', { email: organisation.email })),
  );

/** A large answer is in several files. */
const several = ({ files = 1 }: LetterFacts, { say }: Voice) =>
  files > 1 && paragraph(say('ready.several', { n: String(files) }));

const ready = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, startPage } = v;
  const { title, text } = facts.rest ? rest(v) : facts.nothingHeld ? nothing(facts, v) : found(v);
  // Other rights of the same request were decided with it; what is refused must be told with its reason.
  const others = {
    ...facts,
    outcomes: facts.rest
      ? []
      : facts.outcomes?.filter(({ outcome, right }) => outcome === 'refuse' || !answeredWithData(right)),
  };
  return {
    subject: say(facts.rest ? 'ready.rest-subject' : 'ready.subject', { reference }),
    title,
    preview: say(facts.rest ? 'ready.rest-lead' : 'ready.lead'),
    blocks: blocks(
      text,
      several(facts, v),
      heading(say('ready.how')),
      steps(say('ready.step-1'), say('ready.step-2'), say('ready.step-3'), say('ready.step-4', { file: startPage })),
      button('ready', facts, v),
      linkLife(facts, v),
      about(facts, v),
      outcomeBlocks(others, v),
    ),
    foot: foot('person', facts),
  };
};

/** A part is ready while a system is missing: that more comes, and by when (security.md 3.7). */
const partly = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  // What was decided beside it was told with the first part.
  const more = (facts.parts ?? 0) > 1;
  const { say, reference, answerBy, startPage } = v;
  return {
    subject: say(more ? 'partly.more-subject' : 'partly.subject', { reference }),
    title: say(more ? 'partly.more-title' : 'partly.title'),
    preview: say('partly.lead', { date: answerBy }),
    blocks: blocks(
      lead(say('partly.lead', { date: answerBy })),
      paragraph(say('partly.what')),
      several(facts, v),
      heading(say('ready.how')),
      steps(say('ready.step-1'), say('ready.step-2'), say('ready.step-3'), say('ready.step-4', { file: startPage })),
      button('partly', facts, v),
      linkLife(facts, v),
      about(facts, v),
      more ? [] : outcomeBlocks(facts, v),
    ),
    foot: foot('person', facts),
  };
};

const wentElsewhere = ({ behalf, outcomes = [] }: LetterFacts): boolean =>
  behalf === 'person' && outcomes.some(({ right, outcome }) => outcome === 'approve' && answeredWithData(right));

const answered = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('answered.subject', { reference }),
    title: say('answered.title'),
    preview: say('answered.lead'),
    blocks: blocks(
      paragraph(say('answered.lead')),
      outcomeBlocks(facts, v),
      wentElsewhere(facts) && paragraph(say('answered.elsewhere')),
      button('answered', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('person', facts),
  };
};

const code = (facts: LetterFacts): Draft => {
  const { say, reference } = voice(facts);
  const { email } = facts.organisation;
  return {
    subject: say('code.subject', { reference }),
    title: say('code.title'),
    // Not the code: it would stand on a locked screen.
    preview: say('code.lead'),
    blocks: blocks(
      paragraph(say('code.lead')),
      facts.code !== undefined && { kind: 'code', label: say('code.code'), code: facts.code },
      warning(say('code.warn-title'), say('code.warn')),
      paragraph(say('code.not-you', { email })),
    ),
    foot: foot('person', facts),
  };
};

const extended = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, answerBy, named } = v;
  const { ground, reason, rights } = facts.extension ?? { ground: 'complexity', reason: '', rights: [] };
  return {
    subject: say('extended.subject', { reference }),
    title: say('extended.title'),
    preview: say('extended.lead', { date: answerBy }),
    blocks: blocks(
      lead(say('extended.lead', { date: answerBy })),
      rights.length < facts.rights.length && paragraph(say('extended.which', { rights: named(rights) })),
      paragraph(say(`extended.${ground}`)),
      paragraph(say('extended.reason', { reason })),
      personFacts(v),
      button('extended', facts, v),
      linkLife(facts, v),
      complaint(facts.authority, facts.dpo.email, say),
    ),
    foot: foot('person', facts),
  };
};

/** Whose time limit stands still until the person answers; nothing where none does. */
const waits = ({ question }: LetterFacts, { say, named }: Voice) => {
  const { waiting = [], running = [] } = question ?? {};
  if (waiting.length === 0) return undefined;
  const stands = say('asked.suspends', { rights: named(waiting) });
  return paragraph(running.length > 0 ? `${stands} ${say('asked.runs', { rights: named(running) })}` : stands);
};

const asked = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('asked.subject', { reference }),
    title: say('asked.title'),
    preview: say('asked.lead'),
    blocks: blocks(
      lead(say('asked.lead')),
      paragraph(say('asked.where')),
      waits(facts, v),
      button('asked', facts, v),
      linkLife(facts, v),
      personFacts(v),
    ),
    foot: foot('person', facts),
  };
};

/** The mails to the person who asks. */
export const toPerson = { confirm, receipt, ready, partly, answered, code, extended, asked };
