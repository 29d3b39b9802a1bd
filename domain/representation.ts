import type { MailDraft, Template } from './change.ts';
import type { Authority, Request } from './request.ts';

type Asked = Pick<Request, 'person' | 'authority'>;

/** What the DPO confirms before anything is looked for on behalf of another person (security.md T10). */
export type Confirmed = Omit<Authority, 'at'>;

/** Whether somebody asks for another person, and nobody has confirmed yet that they may. */
export const lacksAuthority = ({ person, authority }: Asked): boolean => Boolean(person.onBehalfOf) && !authority;

/** Who the data are about. One who is asked for by another has no address before the DPO has confirmed which it is. */
export const dataSubject = ({ person, authority }: Asked) => {
  const { name, email, customerNumber, alsoKnownAs, onBehalfOf } = person;
  const who = onBehalfOf ? { name: onBehalfOf.name, email: authority?.email } : { name, email };
  return { ...who, customerNumber, alsoKnownAs };
};

/** Whether the answer goes to the person it is about, and not to whoever asked for them. */
export const goesElsewhere = ({ authority }: Pick<Request, 'authority'>): boolean => authority?.answerTo === 'person';

/** Where the answer is sent: to whoever asked, or to the person it is about. */
export const answerAddress = ({ person, authority }: Asked): string =>
  authority?.answerTo === 'person' ? authority.email : person.email;

/** The mail about an answer; where it leads to one in another mailbox, whoever asked is told what was decided, too. */
export const tellOfAnswer = (
  template: 'ready' | 'partly' | 'answered',
  cause: string,
  request: Pick<Request, 'authority'>,
): MailDraft[] => {
  const told = goesElsewhere(request) && template !== 'answered';
  return [template, ...(told ? (['answered'] as const) : [])].map((each) => ({ template: each, to: 'subject', cause }));
};

const ofAnswer: readonly Template[] = ['ready', 'partly', 'code', 'expiring'];

/** Where a mail to the person goes: what opens the answer goes where the answer does, everything else to whoever asked. */
export const addressFor = (template: Template, request: Asked): string =>
  ofAnswer.includes(template) ? answerAddress(request) : request.person.email;
