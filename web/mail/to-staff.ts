import { reasonOf } from '../../domain/reasons.ts';
import { isAnswer } from '../../domain/request.ts';
import { list as listOf } from '../format.ts';
import { type Block, blocks, type Draft, heading, list, paragraph, warning } from './block.ts';
import type { LetterFacts, SystemCounts } from './facts.ts';
import { button, foot, linkLife, staffFacts, urgent, urgently, type Voice, voice } from './voice.ts';

const start = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, rights, dueShort } = v;
  const text = say('start.lead', { rights });
  return {
    subject: say('start.subject', { reference, date: dueShort }),
    title: say('start.title'),
    preview: text,
    blocks: blocks(
      paragraph(text),
      staffFacts(v),
      button('start', facts, v),
      paragraph(say('link.nothing-happens')),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

const ownerTask = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, rights, answerBy, answerByShort } = v;
  const { owner = '', system = '', instructions } = facts.task ?? {};
  return {
    subject: urgently(say('owner-task.subject', { reference, system, date: answerByShort }), facts, v),
    title: say('owner-task.title'),
    preview: say('owner-task.who'),
    blocks: blocks(
      urgent(facts, v),
      paragraph(say('owner-task.lead', { owner, rights, system })),
      {
        kind: 'facts',
        rows: [
          [say('fact.system'), system],
          [say('fact.reference'), reference],
          [say('fact.owner-by'), answerBy],
        ],
      },
      instructions !== undefined && [heading(say('owner-task.instructions')), paragraph(instructions)],
      heading(say('owner-task.answers')),
      list(say('owner-task.found'), say('owner-task.nothing'), say('owner-task.not-me')),
      button('owner-task', facts, v),
      paragraph(say('owner-task.who')),
      linkLife(facts, v),
    ),
    foot: foot('owner', facts),
  };
};

const foundIn = (
  { rows, documents }: Pick<SystemCounts, 'rows' | 'documents'>,
  { say }: Voice,
  language: LetterFacts['language'],
): string => {
  const parts = [rows > 0 && say.counted('rows', rows), documents > 0 && say.counted('documents', documents)];
  return (
    listOf(
      parts.filter((part) => part !== false),
      language,
    ) || say.counted('rows', 0)
  );
};

const answerOf = (system: SystemCounts, v: Voice, language: LetterFacts['language']): string => {
  const { say } = v;
  const state = say(`state.${system.state}`, { found: foundIn(system, v, language) });
  const reason = system.reason && say(`reason.${reasonOf(system.reason)}`);
  const possible = system.possibleMatches > 0 && say.counted('matches', system.possibleMatches);
  return [reason ? `${state} (${reason})` : state, possible].filter(Boolean).join(', ');
};

const isIncomplete = ({ state }: SystemCounts): boolean =>
  state === 'FAILED' || state === 'PARTIAL' || state === 'MANUAL';

/** What is sent of what was found; what is held back, and why, stands on the page. */
const sendsBlocks = ({ sends, language }: LetterFacts, v: Voice): Block[] =>
  sends
    ? [{ kind: 'facts', rows: [[v.say('fact.sends'), foundIn(sends, v, language)]] }, paragraph(v.say('decide.held'))]
    : [];

const systemBlocks = (facts: LetterFacts, v: Voice): Block[] => {
  const { systems = [], language, lost = 0 } = facts;
  const { say } = v;
  return blocks(
    systems.some(isIncomplete) && warning(say('decide.missing-title'), say('decide.missing')),
    systems.some(({ possibleMatches }) => possibleMatches > 0) &&
      warning(say('decide.possible-title'), say('decide.possible')),
    lost > 0 && warning(say('decide.lost-title'), say.counted('decide.lost', lost)),
    heading(say('decide.systems')),
    { kind: 'facts', rows: systems.map((system) => [system.title, answerOf(system, v, language)]) },
    ...sendsBlocks(facts, v),
    paragraph(say('decide.counts')),
  );
};

/** A mail that leads to a decision: what it is about, and the link that by itself does nothing. */
const toDecision = (
  name: 'decide' | 'lacking' | 'second' | 'handed-over',
  facts: LetterFacts,
  about: (facts: LetterFacts, v: Voice) => Block[] = () => [],
  said: `${typeof name}.` | 'decide.anew-' = `${name}.`,
): Draft => {
  const v = voice(facts);
  const { say, reference, dueShort } = v;
  return {
    subject: say(`${said}subject`, { reference, date: dueShort }),
    title: say(`${name}.title`),
    preview: say(`${said}lead`),
    blocks: blocks(
      paragraph(say(`${said}lead`)),
      staffFacts(v),
      about(facts, v),
      button(name, facts, v),
      paragraph(say('link.nothing-happens')),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

const waitsFor = ({ status, proposed }: LetterFacts, { say }: Voice): Block[] => {
  const waits = status && say.perhaps(`waits.${proposed ? 'second' : status}`);
  return waits === undefined ? [] : [{ kind: 'facts', rows: [[say('fact.waits-for'), waits]] }];
};

const decide = (facts: LetterFacts): Draft =>
  toDecision('decide', facts, systemBlocks, facts.anew ? 'decide.anew-' : 'decide.');

/** Some systems failed, and owners are still to answer: what can be done meanwhile. */
const lacking = (facts: LetterFacts): Draft =>
  toDecision('lacking', facts, ({ systems = [], language }, v) => {
    const failed = systems.filter(({ state }) => state === 'FAILED');
    return [{ kind: 'facts', rows: failed.map((system) => [system.title, answerOf(system, v, language)]) }];
  });

const second = (facts: LetterFacts): Draft => toDecision('second', facts, sendsBlocks);

/** Who handed it over and why stands on the page: a mail holds no reason that was typed. */
const handedOver = (facts: LetterFacts): Draft => toDecision('handed-over', facts, waitsFor);

const decidersCode = (facts: LetterFacts): Draft => {
  const { say, reference } = voice(facts);
  const { email } = facts.dpo;
  return {
    subject: say('decider-code.subject', { reference }),
    title: say('decider-code.title'),
    // Not the code: it would stand on a locked screen.
    preview: say('decider-code.lead'),
    blocks: blocks(
      paragraph(say('decider-code.lead')),
      facts.code !== undefined && { kind: 'code', label: say('code.code'), code: facts.code },
      warning(say('code.warn-title'), say('decider-code.warn')),
      paragraph(say('code.not-you', { email })),
    ),
    foot: foot('dpo', facts),
  };
};

const problemFacts = ({ problem }: LetterFacts, { say }: Voice): Block | undefined =>
  problem && {
    kind: 'facts',
    rows: [
      [say('fact.step'), say.perhaps(`step.${problem.step}`) ?? problem.step],
      [say('fact.error'), say(`reason.${reasonOf(problem.error)}`)],
    ],
  };

const needsPerson = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('needs-person.subject', { reference }),
    title: say('needs-person.title'),
    preview: say('needs-person.lead'),
    blocks: blocks(
      paragraph(say('needs-person.lead')),
      problemFacts(facts, v),
      staffFacts(v),
      button('needs-person', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

/** What is still owed: a request that nobody proved closes by itself, and a part may be sent. */
const owed = ({ status, rest }: LetterFacts): '' | '-unproven' | '-partly' => {
  if (status === 'RECEIVED' || status === 'AWAITING_PROOF') return '-unproven';
  return rest ? '-partly' : '';
};

const timeLimit = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference, due, dueShort } = v;
  const { threshold = 'due', unpaused, question } = facts;
  const days = say(`time-limit.left-${threshold}`);
  const left = unpaused ? say('time-limit.paused-left', { left: days }) : days;
  const late = threshold === 'due' && !unpaused;
  const lead = say(`time-limit.${late ? 'late' : 'lead'}${owed(facts)}`, { date: due });
  const extendBy = owed(facts) === '-unproven' ? undefined : facts.extendBy;
  return {
    subject: say('time-limit.subject', { left, reference, date: dueShort }),
    title: left,
    preview: lead,
    blocks: blocks(
      paragraph(lead),
      unpaused !== undefined && paragraph(say('time-limit.paused', { date: v.day(unpaused) })),
      staffFacts(v),
      waitsFor(facts, v),
      question !== undefined && paragraph(say('time-limit.open-question')),
      extendBy !== undefined && paragraph(say('time-limit.extend', { date: v.day(extendBy) })),
      button('time-limit', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

const personAnswered = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('person-answered.subject', { reference }),
    title: say('person-answered.title'),
    preview: say('person-answered.lead'),
    blocks: blocks(
      paragraph(say('person-answered.lead')),
      staffFacts(v),
      button('person-answered', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

const calendar = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  return {
    subject: say('calendar.subject', { reference }),
    title: say('calendar.title'),
    preview: say('calendar.lead'),
    blocks: blocks(
      paragraph(say('calendar.lead')),
      button('calendar', facts, v),
      paragraph(say('calendar.secret')),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

/** Which reader of ours a mail did not reach: never their address. */
const readerOf = (to: string): 'subject' | 'dpo' | 'owner' | 'colleague' => {
  if (to === 'subject' || to === 'dpo') return to;
  return to.startsWith('owner:') ? 'owner' : 'colleague';
};

const undelivered = (facts: LetterFacts): Draft => {
  const v = voice(facts);
  const { say, reference } = v;
  const failed = facts.undelivered;
  const rows = failed && [
    [say('fact.reader'), say(`undelivered.to-${readerOf(failed.to)}`)] as const,
    [say('fact.error'), say(`undelivered.${failed.reason}`)] as const,
  ];
  return {
    subject: say('undelivered.subject', { reference }),
    title: say('undelivered.title'),
    preview: say('undelivered.lead'),
    blocks: blocks(
      paragraph(say('undelivered.lead')),
      rows && { kind: 'facts', rows },
      failed !== undefined && isAnswer(failed) && paragraph(say('undelivered.answer')),
      staffFacts(v),
      button('undelivered', facts, v),
      linkLife(facts, v),
    ),
    foot: foot('dpo', facts),
  };
};

/** The mails to the DPO and to owners of systems, in their own language. */
export const toStaff = {
  start,
  'owner-task': ownerTask,
  decide,
  lacking,
  second,
  'handed-over': handedOver,
  'decider-code': decidersCode,
  'needs-person': needsPerson,
  'time-limit': timeLimit,
  'person-answered': personAnswered,
  calendar,
  undelivered,
};
