import type { Child } from 'hono/jsx';
import type { Answers, FormStep } from '../../domain/form.ts';
import { meantAddress } from '../../domain/form-mail.ts';
import { Notice, SummaryList, type SummaryRow, Typed } from '../components.tsx';
import { inLanguage } from '../frame.ts';
import { type Text, t } from '../person-text.ts';
import { formOf, type StepProps, stepDocument } from './step.tsx';
import { forWhom } from './you.tsx';

const Mail = ({ address, text }: { address: string; text: Text }) => {
  const meant = meantAddress(address);
  return (
    <>
      {address}
      {meant && <span class="doubt">{text('check.meant', { meant })}</span>}
    </>
  );
};

type Line = readonly [key: string, value: Child, step: FormStep];

const aboutWho = ({ who }: Answers, text: Text): Line[] =>
  who.who === 'me'
    ? [[text('check.who'), text('who.me'), 'who']]
    : [
        [text('check.who'), <Typed>{who.otherName}</Typed>, 'who'],
        [text('check.relation'), <Typed>{who.relation}</Typed>, 'who'],
      ];

const linesOf = (answers: Answers, text: Text): Line[] => {
  const { want, you, details, answer } = answers;
  const whom = forWhom(answers);
  const none = <span class="soft">{text('check.empty')}</span>;
  return [
    [
      text('check.want'),
      <ul class="plain">
        {want.rights.map((right) => (
          <li>{text(`want.${right}`)}</li>
        ))}
      </ul>,
      'want',
    ],
    ...aboutWho(answers, text),
    [text('you.name'), <Typed>{you.name}</Typed>, 'you'],
    [text(`you.email${whom}`), <Mail address={you.email} text={text} />, 'you'],
    [text(`you.customer-number${whom}`), you.customerNumber ? <Typed>{you.customerNumber}</Typed> : none, 'you'],
    [text(`you.also-known-as${whom}`), you.alsoKnownAs ? <Typed>{you.alsoKnownAs}</Typed> : none, 'you'],
    [text('check.details'), details.details ? <Typed>{details.details}</Typed> : none, 'details'],
    [text('staff.answer-language'), t(answer.language)('layout.language-name'), 'answer'],
  ];
};

/** Everything that will be sent, each line with a link to change it. `answers` are complete. */
export const checkPage = (props: StepProps & { readonly answers: Answers }): string => {
  const form = formOf(props);
  const { text } = form;
  const { name } = props.config.organisation;
  const change = (step: FormStep, what: string) => ({
    to: inLanguage(props, `/${step}`),
    text: text('check.change'),
    what,
  });
  const rows: SummaryRow[] = linesOf(props.answers, text).map(([key, value, step]) => ({
    key,
    value,
    change: change(step, key),
  }));
  return stepDocument({
    props,
    form,
    button: text('check.send'),
    children: (
      <>
        {props.notSent && (
          <Notice look="warning" title={text('check.not-sent')} loud>
            <p>{text('check.not-sent-lead')}</p>
          </Notice>
        )}
        <h1>{text('check.title')}</h1>
        <SummaryList rows={rows} />
        <h2>{text('check.then')}</h2>
        <p>{text('check.then-mail')}</p>
        <p>{text('check.privacy', { organisation: name, years: props.config.retention.recordYears })}</p>
      </>
    ),
  });
};
