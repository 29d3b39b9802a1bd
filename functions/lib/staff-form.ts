import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { type Decider, decidersOf } from '../../domain/deciders.ts';
import { type Choice, isUndecided, lostSystems, withFreeText } from '../../domain/decision.ts';
import { longestAddress, mailProblem } from '../../domain/form-mail.ts';
import {
  answeredWithData,
  type Case,
  namesCase,
  type RefusalGround,
  type Right,
  type RightRecord,
  refusalGrounds,
  rights,
} from '../../domain/request.ts';
import { incompleteSources } from '../../domain/supplement.ts';
import { extendable } from '../../domain/urgency.ts';
import { dayIn } from '../../web/format.ts';
import type { StaffProblem } from '../../web/pages/staff.tsx';
import type { Visit } from './page.ts';
import { text } from './typed.ts';

interface Deps {
  readonly config: Config;
  /** Of the case. */
  readonly map: DataMap;
  readonly now: () => Date;
}

const longestReason = 2_000;

/** The chosen ground of a refusal. */
export const groundIn = (visit: Visit, field: string): RefusalGround | undefined =>
  refusalGrounds.find((each) => each === text(visit, field));

/** What is chosen for each right. */
export const choicesOf = (visit: Visit): Partial<Record<(typeof rights)[number], Choice>> =>
  Object.fromEntries(
    rights.flatMap((right) => {
      const outcome = text(visit, `outcome-${right}`);
      if (outcome !== 'approve' && outcome !== 'refuse') return [];
      const reason = text(visit, `${outcome === 'approve' ? 'done' : 'reason'}-${right}`);
      const ground = outcome === 'refuse' ? groundIn(visit, `ground-${right}`) : undefined;
      return [[right, { outcome, ...(ground ? { ground } : {}), ...(reason ? { reason } : {}) }]];
    }),
  );

/** What an action's form asks for, in the order of the page, and what is said where it is missing; a text that may be left out has nothing. */
const asked: Readonly<Record<string, readonly (readonly [field: string, missing?: StaffProblem['problem']])[]>> = {
  refuse: [
    ['ground', 'ground'],
    ['reason', 'reason'],
  ],
  'end-without': [['reason', 'reason']],
  'hand-out': [['way', 'way']],
  'hand-over': [['to', 'to'], ['ground', 'ground-hand-over'], ['reason']],
  'manual-proof': [['reason', 'how-seen']],
  extend: [
    ['ground', 'ground'],
    ['reason', 'reason'],
  ],
  ask: [
    ['kind', 'kind'],
    ['question', 'question'],
  ],
  'note-answer': [['answer', 'answer']],
  'ask-again': [['system', 'system']],
  undelivered: [['deal', 'deal']],
};

/** Whom the form names, of those who may decide. */
export const named = (visit: Visit, config: Config): Decider | undefined =>
  decidersOf(config).find(({ key }) => key === text(visit, 'to'));

/** Systems with free text that goes out with these rights, and that nobody has ticked as looked at. */
const unseenIn = (visit: Visit, held: Case, map: DataMap, approved: readonly Right[]): string[] =>
  withFreeText(held, map, approved).filter((system) => !visit.fields.get('looked')?.includes(system));

/** Systems whose choices were lost (`manifest.lost`) and that nobody has ticked as looked through again. */
const lostIn = (visit: Visit, held: Case): string[] =>
  lostSystems(held).filter((system) => !visit.fields.get('again')?.includes(system));

/** What is wrong with one field: nothing in it, or more than a person reads. */
const wrongIn = (visit: Visit, field: string, missing?: StaffProblem['problem']): StaffProblem[] => {
  const typed = text(visit, field);
  if (!typed && missing) return [{ field, problem: missing }];
  return typed.length > longestReason ? [{ field, problem: 'too-long' }] : [];
};

const rightProblems = (visit: Visit, { right }: RightRecord): StaffProblem[] => {
  const { outcome, ground } = choicesOf(visit)[right] ?? {};
  if (!outcome) return [{ field: `outcome-${right}`, problem: 'choose' }];
  if (outcome === 'approve') return wrongIn(visit, `done-${right}`);
  const missing = ground ? [] : [{ field: `ground-${right}`, problem: 'ground' } as const];
  return [...missing, ...wrongIn(visit, `reason-${right}`, 'reason')];
};

const decideProblems = (visit: Visit, held: Case, map: DataMap): StaffProblem[] => {
  const choices = choicesOf(visit);
  const approved = rights.filter((right) => choices[right]?.outcome === 'approve');
  const unseen = unseenIn(visit, held, map, approved).length > 0;
  const lost = approved.some(answeredWithData) ? lostIn(visit, held) : [];
  const lacking = approved.length > 0 && incompleteSources(held).length > 0;
  return [
    ...held.rights.filter(isUndecided).flatMap((each) => rightProblems(visit, each)),
    ...(lost.length > 0 ? [{ field: 'again', problem: 'again', systems: lost } as const] : []),
    ...(unseen ? [{ field: 'looked', problem: 'looked' } as const] : []),
    ...wrongIn(visit, 'incomplete', lacking ? 'incomplete' : undefined),
  ];
};

/** A request for another person: what showed that the sender may act, where to look, who gets the answer. */
const startForProblems = (visit: Visit): StaffProblem[] => [
  ...wrongIn(visit, 'authority', 'authority'),
  ...(mailProblem(text(visit, 'email'), longestAddress) ? [{ field: 'email', problem: 'email' } as const] : []),
  ...wrongIn(visit, 'answerTo', 'answer-to'),
];

/** What is missing in a form before the domain is asked, in the order of the page: shown beside its field, nothing typed is lost. */
export const problemsOf = (
  visit: Visit,
  held: Case,
  action: string,
  { config, map, now: clock }: Deps,
): StaffProblem[] => {
  const stranger = text(visit, 'to') !== '' && !named(visit, config);
  return [
    ...(action === 'extend' ? extendProblems(visit, held, config, clock()) : []),
    ...(action === 'hand-over' && stranger ? [{ field: 'to', problem: 'to' } as const] : []),
    ...(asked[action] ?? []).flatMap(([field, missing]) => wrongIn(visit, field, missing)),
    ...(action === 'start-for' ? startForProblems(visit) : []),
    ...(action === 'decide' ? decideProblems(visit, held, map) : []),
    ...(namesCase(held.request, text(visit, 'last4')) ? [] : [{ field: 'last4', problem: 'last4' } as const]),
  ];
};

/** The rights that the form names, of those whose time limit may still be extended; a single one needs no name. */
export const rightsToExtend = (visit: Visit, held: Case, { timeZone }: Config, at: Date): Right[] => {
  const may = extendable(held.rights, dayIn(timeZone, at));
  const which = text(visit, 'extend') || (may.length === 1 ? may[0] : '');
  return may.filter((right) => which === 'all' || which === right);
};

const extendProblems = (visit: Visit, held: Case, config: Config, at: Date): StaffProblem[] => {
  if (rightsToExtend(visit, held, config, at).length > 0) return [];
  const several = extendable(held.rights, dayIn(config.timeZone, at)).length > 1;
  return [{ field: 'extend', problem: several ? 'extend-which' : 'extend' }];
};
