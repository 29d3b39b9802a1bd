import type { Answers } from '../../domain/form.ts';
import { TextField } from '../fields.tsx';
import { formOf, type StepProps, stepDocument } from './step.tsx';

/** Ends the key of a text that says another thing when the request is about somebody else. */
export const forWhom = ({ who }: Partial<Answers>) => (who?.who === 'other' ? '-other' : '');

/** How the person is found: a name and an e-mail address, and what helps to find more. No number of the state is asked for. */
export const youPage = (props: StepProps): string => {
  const form = formOf(props);
  const { text } = form;
  const whom = forWhom(props.answers);
  const title = text(`you.title${whom}`);
  return stepDocument({
    props,
    form,
    title,
    children: (
      <>
        <h1>{title}</h1>
        <p class="lead">{text(`you.lead${whom}`)}</p>
        <TextField form={form} field="name" label={text('you.name')} autocomplete="name" />
        <TextField
          form={form}
          field="email"
          type="email"
          label={text(`you.email${whom}`)}
          hint={text(`you.email-hint${whom}`)}
          autocomplete="email"
        />
        <TextField
          form={form}
          field="customerNumber"
          label={text(`you.customer-number${whom}`)}
          hint={text('you.customer-number-hint')}
          width="middle"
          optional
        />
        <TextField
          form={form}
          field="alsoKnownAs"
          label={text(`you.also-known-as${whom}`)}
          hint={text(`you.also-known-as-hint${whom}`)}
          optional
        />
      </>
    ),
  });
};
