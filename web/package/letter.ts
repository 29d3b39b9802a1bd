import { layout } from '../../domain/answer-layout.ts';
import { answeredWithData } from '../../domain/request.ts';
import { capital, list, longDate } from '../format.ts';
import { aboutRows } from './about.ts';
import { type AnswerFacts, type AnswerSystem, stillAsked } from './answer.ts';
import { concernsPerson, holdsData, isIncomplete, stateText } from './found.ts';
import { leftOutTexts } from './left-out.ts';
import { answerTexts } from './texts.ts';
import { plain } from './value.tsx';

/** A part of a letter as a reader meets it; a table's rows begin with their head. */
export type Block =
  | { readonly kind: 'H1' | 'H2' | 'H3' | 'P'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** Stands where the window of an envelope is. */
  | { readonly kind: 'address'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly heads?: readonly [string, string];
      readonly rows: readonly (readonly [name: string, texts: readonly string[]])[];
    };

const p = (text: string): Block => ({ kind: 'P', text });
const h2 = (text: string): Block => ({ kind: 'H2', text });

const fromTo = (facts: AnswerFacts): Block[] => {
  const { language, timeZone, organisation, person, reference, gatheredAt } = facts;
  const say = answerTexts(language);
  const rows = [
    [say('letter.from'), [organisation.name, organisation.address]],
    [say('letter.date'), [longDate(gatheredAt, language, timeZone)]],
    [say('case.reference'), [reference]],
  ] as const;
  return [
    { kind: 'address', items: [person.name, person.email] },
    { kind: 'table', rows },
    { kind: 'H1', text: say(facts.addedTo ? 'letter.added-title' : 'letter.title') },
  ];
};

/** That the person gets a copy of the data, or that all are withheld; undefined where there are none. */
const copied = (facts: AnswerFacts): Block | undefined => {
  const { language, systems } = facts;
  const say = answerTexts(language);
  if (systems.some(holdsData)) return p(say('letter.copy', layout(language)));
  return systems.some((each) => concernsPerson(each, facts)) ? p(say('letter.withheld')) : undefined;
};

/** What a supplement adds to the answer before it. */
const added = (facts: AnswerFacts): Block[] => {
  const { language, timeZone, systems, addedTo } = facts;
  const say = answerTexts(language);
  const date = longDate(addedTo?.sentAt ?? '', language, timeZone);
  const come = systems.filter((each) => !isIncomplete(each)).map(({ system }) => system.title[language]);
  if (come.length === 0) return [p(say('letter.added-none', { date }))];
  const held = copied(facts) ?? p(say('letter.added-nothing'));
  return [p(say('letter.added', { date, systems: list(come, language) })), held];
};

/** Whether data are processed (Art. 15(1)): yes, no, or not known because a system is missing. */
const confirmation = (facts: AnswerFacts): Block[] => {
  const { language, organisation, systems } = facts;
  const say = answerTexts(language);
  if (facts.addedTo) return added(facts);
  const copy = copied(facts);
  if (copy) return [p(say('letter.held', { organisation: organisation.name })), copy];
  return [p(say(systems.some(isIncomplete) ? 'letter.unknown' : 'letter.none'))];
};

/** The case stays open for what is missing: the person reads here what that is. */
const later = ({ language, systems }: AnswerFacts): Block[] => {
  const owed = systems.filter(isIncomplete).map(({ system }) => system.title[language]);
  return owed.length > 0 ? [p(answerTexts(language)('letter.later', { systems: list(owed, language) }))] : [];
};

const opening = (facts: AnswerFacts): Block[] => {
  const { language, timeZone, receivedAt } = facts;
  const say = answerTexts(language);
  const asked = stillAsked(facts);
  const others = asked.filter((right) => !answeredWithData(right));
  const named = list(
    others.map((right) => say(`right.${right}`)),
    language,
  );
  return [
    p(say('letter.received', { date: longDate(receivedAt, language, timeZone) })),
    ...confirmation(facts),
    ...later(facts),
    ...(asked.includes('portability') ? [p(say('letter.portability', layout(language)))] : []),
    ...(others.length > 0 ? [p(say('letter.others', { rights: named }))] : []),
  ];
};

const searched = (facts: AnswerFacts): Block[] => {
  const { language, systems, person } = facts;
  const say = answerTexts(language);
  const heads = [say('overview.system'), say('overview.result')] as const;
  const rows = systems.map((each) => [each.system.title[language], [stateText(each, facts)]] as const);
  return [h2(say('letter.searched')), p(say('letter.by', { email: person.email })), { kind: 'table', heads, rows }];
};

const missing = (facts: AnswerFacts): Block[] => {
  const say = answerTexts(facts.language);
  const items = leftOutTexts(facts).map(({ what, why }) => `${capital(what)}: ${why}`);
  return [h2(say('left-out')), items.length > 0 ? { kind: 'list', items } : p(say('left-out.nothing'))];
};

/** Art. 15(1)(a) to (d), (g), (h) and 15(2) of each system that holds data of the person, or may. */
const about = (facts: AnswerFacts): Block[] => {
  const { language, systems } = facts;
  const concerned = systems.filter((each: AnswerSystem) => concernsPerson(each, facts) || isIncomplete(each));
  if (concerned.length === 0) return [];
  return [
    h2(answerTexts(language)('letter.about')),
    ...concerned.flatMap((each): Block[] => [
      { kind: 'H3', text: each.system.title[language] },
      { kind: 'table', rows: aboutRows(each, facts) },
    ]),
  ];
};

const remedies = ({ language, authority, organisation, dpo, reference }: AnswerFacts): Block[] => {
  const { name, address, phone, email } = organisation;
  const say = answerTexts(language);
  const rights = ['rectify', 'erase', 'restrict', 'object', 'withdraw'] as const;
  return [
    h2(say('rights')),
    { kind: 'list', items: rights.map((right) => say(`rights.${right}`)) },
    p(`${say('rights.complain', { authority: authority.name })} ${authority.url}`),
    p(say('rights.court')),
    h2(say('contact')),
    p(say('contact.lead', { reference })),
    {
      kind: 'table',
      rows: [
        [say('contact.organisation'), [name, address, phone, email].filter((text) => text !== undefined)],
        [say('contact.dpo'), [dpo.name, dpo.email]],
      ],
    },
    p(say('letter.regards', { organisation: name })),
  ];
};

const readable = (block: Block): Block => {
  if (block.kind === 'list' || block.kind === 'address') return { ...block, items: block.items.map(plain) };
  if (block.kind !== 'table') return { ...block, text: plain(block.text) };
  return { ...block, rows: block.rows.map(([name, texts]) => [plain(name), texts.map(plain)] as const) };
};

/** The letter of the answer: what Art. 15(1) and (2) GDPR ask to be told, about this person and not in general. */
export const letter = (facts: AnswerFacts): Block[] =>
  [fromTo, opening, searched, missing, about, remedies].flatMap((part) => part(facts)).map(readable);
