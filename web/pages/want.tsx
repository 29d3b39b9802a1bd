import { rights } from '../../domain/request.ts';
import { Checkboxes } from '../fields.tsx';
import { formOf, type StepProps, stepDocument } from './step.tsx';

/** What the person wants: any of the rights, the everyday verb first. */
export const wantPage = (props: StepProps): string => {
  const form = formOf(props);
  const options = rights.map((right) => ({
    value: right,
    label: form.text(`want.${right}`),
    hint: form.text(`want.${right}-hint`),
  }));
  return stepDocument({
    props,
    form,
    children: (
      <Checkboxes
        form={form}
        field="rights"
        label={form.text('want.title')}
        hint={form.text('want.hint')}
        options={options}
        heading
      />
    ),
  });
};
