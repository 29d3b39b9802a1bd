import { Notice } from '../components.tsx';
import { Radios, TextField } from '../fields.tsx';
import type { Form } from '../person-text.ts';
import { formOf, type StepProps, stepDocument } from './step.tsx';

const Other = ({ form, organisation }: { form: Form; organisation: string }) => (
  <>
    <TextField form={form} field="otherName" label={form.text('who.other-name')} />
    <TextField form={form} field="relation" label={form.text('who.relation')} hint={form.text('who.relation-hint')} />
    <Notice title={form.text('who.other-title')}>
      <p>{form.text('who.other-proof', { organisation })}</p>
      <p>{form.text('who.other-answer')}</p>
    </Notice>
  </>
);

/** Whose data it is about. */
export const whoPage = (props: StepProps): string => {
  const form = formOf(props);
  const more = <Other form={form} organisation={props.config.organisation.name} />;
  return stepDocument({
    props,
    form,
    children: (
      <Radios
        form={form}
        field="who"
        label={form.text('who.title')}
        options={[
          { value: 'me', label: form.text('who.me') },
          { value: 'other', label: form.text('who.other'), more },
        ]}
        heading
      />
    ),
  });
};
