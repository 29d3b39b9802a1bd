import { SummaryList } from '../components.tsx';
import { Radios } from '../fields.tsx';
import { t } from '../person-text.ts';
import { formOf, type StepProps, stepDocument } from './step.tsx';

const withDefault = (props: StepProps): StepProps =>
  props.fields.has('language') ? props : { ...props, fields: new Map([['language', [props.language]]]) };

/** How the answer comes, and in which language. The language of the page is chosen already. */
export const answerPage = (given: StepProps): string => {
  const props = withDefault(given);
  const form = formOf(props);
  const { text } = form;
  const { email, phone } = props.config.organisation;
  const contact = [email, phone?.replaceAll(' ', '\u00a0')].filter(Boolean).join(', ');
  const options = props.config.languages.map((language) => ({
    value: language,
    label: t(language)('layout.language-name'),
  }));
  return stepDocument({
    props,
    form,
    children: (
      <>
        <h1>{text('answer.title')}</h1>
        <SummaryList
          rows={[
            { key: text('answer.how'), value: text('answer.download') },
            { key: text('answer.when'), value: text('answer.month') },
            { key: text('answer.price'), value: text('answer.free') },
          ]}
        />
        <Radios form={form} field="language" label={text('answer.language')} options={options} />
        <p class="hint">{text('answer.other-way', { contact })}</p>
      </>
    ),
  });
};
