import type { Right } from '../../domain/request.ts';
import { TextArea } from '../fields.tsx';
import { formOf, type StepProps, stepDocument } from './step.tsx';

/** Rights that cannot be answered well before the person says what they mean. */
const needWords: readonly Right[] = ['rectification', 'objection', 'human-review'];

/** What to look for: never a reason why. */
export const detailsPage = (props: StepProps): string => {
  const form = formOf(props);
  const { text } = form;
  const asked = needWords.filter((right) => props.answers.want?.rights.includes(right));
  const needed = asked.length > 0 ? '-needed' : '';
  const title = text(`details.title${needed}`);
  return stepDocument({
    props,
    form,
    title,
    children: (
      <>
        <h1>{title}</h1>
        <p class="lead">{text(`details.lead${needed}`)}</p>
        {asked.length > 0 && (
          <ul>
            {asked.map((right) => (
              <li>{text(`details.${right}` as 'details.objection')}</li>
            ))}
          </ul>
        )}
        <TextArea
          form={form}
          field="details"
          label={text(`details.label${needed}`)}
          hint={text('details.hint')}
          optional={needed === ''}
        />
      </>
    ),
  });
};
