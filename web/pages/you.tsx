import { TextField } from '../fields.tsx';
import { formOf, type StepProps, stepDocument } from './step.tsx';

/** How the person is found: a name and an e-mail address, and what helps to find more. No number of the state is asked for. */
export const youPage = (props: StepProps): string => {
  const form = formOf(props);
  const { text } = form;
  return stepDocument({
    props,
    form,
    children: (
      <>
        <h1>{text('you.title')}</h1>
        <p class="lead">{text('you.lead')}</p>
        <TextField form={form} field="name" label={text('you.name')} autocomplete="name" />
        <TextField
          form={form}
          field="email"
          type="email"
          label={text('you.email')}
          hint={text('you.email-hint')}
          autocomplete="email"
        />
        <TextField
          form={form}
          field="customerNumber"
          label={text('you.customer-number')}
          hint={text('you.customer-number-hint')}
          width="middle"
          optional
        />
        <TextField
          form={form}
          field="alsoKnownAs"
          label={text('you.also-known-as')}
          hint={text('you.also-known-as-hint')}
          optional
        />
      </>
    ),
  });
};
