import { layout } from '../../domain/answer-layout.ts';
import type { Template } from '../../domain/change.ts';
import { answeredWithData, type Right } from '../../domain/request.ts';
import { capital, dateAndTime, list, longDate } from '../format.ts';
import { localeOf } from '../text.ts';
import { type Block, blocks, heading, paragraph, warning } from './block.ts';
import type { LetterFacts } from './facts.ts';
import { mailTexts } from './texts.ts';

/** "23. december 2026", without the weekday: subjects are cut on phones. */
const shortDate = (day: string, { language }: LetterFacts): string =>
  new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day));

/** How a mail speaks: its texts, and its facts as people write them. */
export const voice = (facts: LetterFacts) => {
  const { language, timeZone, reference, rights, receivedAt, strictDate, due = strictDate, linkExpiresAt } = facts;
  const say = mailTexts(language);
  const named = (which: readonly Right[]): string =>
    list(
      which.map((right) => say(`right.${right}`)),
      language,
    );
  return {
    say,
    reference,
    named,
    rights: named(rights),
    received: longDate(receivedAt, language, timeZone),
    answerBy: longDate(strictDate, language, timeZone),
    due: longDate(due, language, timeZone),
    answerByShort: shortDate(strictDate, facts),
    dueShort: shortDate(due, facts),
    day: (date: string): string => longDate(date, language, timeZone),
    until: linkExpiresAt ? dateAndTime(linkExpiresAt, language, timeZone) : undefined,
    startPage: facts.opensWith ?? layout(language).start,
  };
};
export type Voice = ReturnType<typeof voice>;

/** The way on: a button with its address beneath, and how long it works. */
export const button = (
  key: Exclude<
    Template,
    'code' | 'decider-code' | 'expired' | 'closed' | 'withdrawn' | 'case-withdrawn' | 'task-ended'
  >,
  { link }: LetterFacts,
  { say }: Voice,
): Block | undefined =>
  link === undefined
    ? undefined
    : { kind: 'button', text: say(`${key}.button`), to: link, hint: say('button.visible') };

/** Until when the link works, and for whom. */
export const linkLife = ({ link }: LetterFacts, { say, until }: Voice): Block | undefined => {
  if (link === undefined) return undefined;
  return paragraph(until === undefined ? say('link.yours') : say('link.until', { when: until }));
};

/** The subject of a mail to an owner, with a word before it where the person's own date is near or over. */
export const urgently = (subject: string, { task }: LetterFacts, { say }: Voice): string =>
  task?.urgent ? say('owner-task.urgent-subject', { subject }) : subject;

export const urgent = ({ task }: LetterFacts, { say }: Voice): Block | undefined =>
  task?.urgent ? warning(say('owner-task.urgent-title'), say('owner-task.urgent')) : undefined;

/** What a person's mail says about their case. */
export const personFacts = ({ say, reference, received, answerBy }: Voice): Block => ({
  kind: 'facts',
  rows: [
    [say('fact.reference'), reference],
    [say('fact.received'), received],
    [say('fact.answer-by'), answerBy],
  ],
});

/** What a mail to staff says about the case; the date the person was given only where it differs. */
export const staffFacts = ({ say, reference, rights, received, answerBy, due }: Voice): Block => ({
  kind: 'facts',
  rows: [
    [say('fact.reference'), reference],
    [say('fact.asked'), capital(rights)],
    [say('fact.received'), received],
    [say('fact.due'), due],
    ...(answerBy === due ? [] : [[say('fact.shown'), answerBy] as const]),
  ],
});

/** The end of every mail: why it came, and where a person answers. */
export const foot = (reader: 'person' | 'dpo' | 'owner' | 'deputy', facts: LetterFacts): string[] => {
  const { say } = voice(facts);
  const { organisation, dpo, reference } = facts;
  const email = reader === 'person' ? organisation.email : dpo.email;
  const contact = reader === 'dpo' ? [] : [say('foot.contact', { email, reference })];
  return [
    say(`foot.${reader}`, { organisation: organisation.name }),
    ...contact,
    say('foot.automatic'),
    [organisation.name, organisation.address, organisation.phone].filter(Boolean).join(', '),
  ];
};

type Outcome = NonNullable<LetterFacts['outcomes']>[number];

/** What was decided about a right, in words: why not, what was done, or that there was nothing to do. */
const saidOf = ({ right, outcome, reason = '' }: Outcome, nothingHeld: boolean, { say }: Voice) => {
  if (outcome === 'refuse') return [paragraph(say('outcome.refuse-text', { reason }))];
  if (answeredWithData(right)) return [paragraph(say('outcome.approve-data'))];
  return blocks(
    (nothingHeld || !reason) && paragraph(say(nothingHeld ? 'outcome.nothing-text' : 'outcome.approve-text')),
    reason !== '' && paragraph(say('outcome.done-text', { reason })),
  );
};

/** The decision of each right, and for a refusal its reason and the ways to complain (Art. 12(4)). */
export const outcomeBlocks = (facts: LetterFacts, v: Voice): Block[] => {
  const { outcomes = [], authority, dpo, nothingHeld = false } = facts;
  const { say } = v;
  const rows = outcomes.map((each) => [
    heading(
      say(each.rest ? 'outcome.rest' : `outcome.${each.outcome}`, { right: capital(say(`right.${each.right}`)) }),
    ),
    ...saidOf(each, nothingHeld, v),
  ]);
  const refused = outcomes.some(({ outcome }) => outcome === 'refuse');
  return blocks(...rows, refused && complaint(authority, dpo.email, say));
};

/** Where to complain, and to whom (Art. 12(4), 13(2)(d)). */
export const complaint = (authority: LetterFacts['authority'], email: string, say: Voice['say']): Block[] => [
  heading(say('complain.title')),
  paragraph(say('complain.us', { email })),
  { kind: 'link', text: say('complain.authority', { authority: authority.name }), to: authority.url },
  paragraph(say('complain.court')),
];
