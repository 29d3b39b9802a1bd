import type { Child } from 'hono/jsx';
import type { Fields } from '../domain/form.ts';
import type { CommonKey, Text } from './text.ts';

/** A form as it is shown: what stands in its fields, and what is wrong with them. */
export interface Form<Key extends string = CommonKey> {
  readonly text: Text<Key>;
  /** Keeps the ids of two forms on one page apart. */
  readonly name?: string;
  readonly values: Fields;
  /** Field -> sentence, in the order of the page. */
  readonly errors: ReadonlyMap<string, string>;
}

/** The value of a field, empty when none was given. */
export const given = ({ values }: Form, field: string): string => values.get(field)?.[0] ?? '';

const idOf = (form: Form, field: string): string => (form.name ? `${form.name}-${field}` : field);

/** What is wrong, on top of the page: each line leads to its field. The browser puts the focus here without a script. */
export const ErrorSummary = ({ form }: { form: Form }) =>
  form.errors.size === 0 ? null : (
    <div class="error-summary" role="alert" aria-labelledby="error-summary-title" tabindex={-1} autofocus>
      <p class="error-summary-title" id="error-summary-title">
        {form.text('form.problem')}
      </p>
      <ul>
        {[...form.errors].map(([field, sentence]) => (
          <li>
            <a href={`#${idOf(form, field)}`}>{sentence}</a>
          </li>
        ))}
      </ul>
    </div>
  );

interface FieldProps {
  readonly form: Form;
  readonly field: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly optional?: boolean;
}

const describedBy = ({ form, field, hint }: Pick<FieldProps, 'form' | 'field' | 'hint'>) => {
  const id = idOf(form, field);
  const ids = [hint && `${id}-hint`, form.errors.has(field) && `${id}-error`].filter(Boolean);
  return ids.length > 0 ? { 'aria-describedby': ids.join(' ') } : {};
};

const Hint = ({ form, field, hint }: Pick<FieldProps, 'form' | 'field' | 'hint'>) =>
  hint ? (
    <p class="hint" id={`${idOf(form, field)}-hint`}>
      {hint}
    </p>
  ) : null;

const FieldError = ({ form, field }: Pick<FieldProps, 'form' | 'field'>) =>
  form.errors.has(field) ? (
    <p class="field-error" id={`${idOf(form, field)}-error`}>
      <span class="for-readers">{form.text('layout.error')}: </span>
      {form.errors.get(field)}
    </p>
  ) : null;

const wired = ({ form, field, hint }: FieldProps) => ({
  id: idOf(form, field),
  name: field,
  ...describedBy({ form, field, hint }),
  ...(form.errors.has(field) ? { 'aria-invalid': 'true' } : {}),
});

/** A label, what helps to answer, what is wrong, and the field: in this order a screen reader meets them. */
const Field = ({ children, ...props }: FieldProps & { children?: Child }) => (
  <div class={props.form.errors.has(props.field) ? 'field field-wrong' : 'field'}>
    <label for={idOf(props.form, props.field)}>
      {props.label}
      {props.optional && <span class="optional"> {props.form.text('form.optional')}</span>}
    </label>
    <Hint {...props} />
    <FieldError {...props} />
    {children}
  </div>
);

interface TextFieldProps extends FieldProps {
  readonly type?: 'text' | 'email';
  /** What a browser may fill in; `off` for codes. */
  readonly autocomplete?: string;
  /** The number of signs the answer is likely to have: its width tells what is asked. */
  readonly width?: 'short' | 'middle' | 'full';
  readonly digits?: boolean;
  readonly blank?: boolean;
  /** The page opens here: what it was sent for comes next. */
  readonly first?: boolean;
}

// Names and addresses are no words of a dictionary. JSX would leave out a false attribute; this one must say "false".
const unchecked = { spellcheck: 'false' } as Record<string, string>;

/** One line of text. `blank`: what was typed before is not shown again (codes). */
export const TextField = (props: TextFieldProps) => (
  <Field {...props}>
    <input
      {...wired(props)}
      class={`input input-${props.width ?? 'full'}`}
      type={props.type ?? 'text'}
      value={props.blank ? '' : given(props.form, props.field)}
      autocomplete={props.autocomplete ?? 'off'}
      {...unchecked}
      autocapitalize={props.blank ? 'none' : undefined}
      inputmode={props.digits ? 'numeric' : undefined}
      autofocus={props.first}
    />
  </Field>
);

/** The act no scanner can do: typing part of the case's number (T24, T25). */
export const LastFour = ({ form }: { form: Form }) => (
  <TextField form={form} field="last4" label={form.text('last4.label')} hint={form.text('last4.hint')} width="short" />
);

/** A file of the reader's own. Its form posts it straight to where it is kept. */
export const FileField = (props: FieldProps) => (
  <Field {...props}>
    <input {...wired(props)} type="file" required />
  </Field>
);

/** Several lines of text. */
export const TextArea = (props: FieldProps & { rows?: number }) => (
  <Field {...props}>
    <textarea {...wired(props)} class="input" rows={props.rows ?? 6}>
      {/* A browser drops the first line break of a text area. */}
      {`\n${given(props.form, props.field)}`}
    </textarea>
  </Field>
);

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** Asked only of those who choose this. */
  readonly more?: Child;
}

interface ChoicesProps extends FieldProps {
  readonly options: readonly Option[];
  /** The question is the page's heading. */
  readonly heading?: boolean;
}

const Choice = ({ type, props, at }: { type: 'radio' | 'checkbox'; props: ChoicesProps; at: number }) => {
  const { form, field, options } = props;
  const { value, label, hint, more } = options[at] as Option;
  // The error summary's link leads to the first of the choices.
  const id = at === 0 ? idOf(form, field) : `${idOf(form, field)}-${value}`;
  return (
    <div class="choice">
      <input
        type={type}
        id={id}
        name={field}
        value={value}
        checked={form.values.get(field)?.includes(value) ?? false}
        {...(hint ? { 'aria-describedby': `${id}-about` } : {})}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-about`}>
          {hint}
        </p>
      )}
      {more && <div class="choice-more">{more}</div>}
    </div>
  );
};

const Choices = ({ type, ...props }: ChoicesProps & { type: 'radio' | 'checkbox' }) => (
  <fieldset class={props.form.errors.has(props.field) ? 'field field-wrong' : 'field'} {...describedBy(props)}>
    <legend>{props.heading ? <h1>{props.label}</h1> : props.label}</legend>
    <Hint {...props} />
    <FieldError {...props} />
    <div class="choices">
      {props.options.map((_, at) => (
        <Choice type={type} props={props} at={at} />
      ))}
    </div>
  </fieldset>
);

/** One of several; nothing is chosen before a person does. */
export const Radios = (props: ChoicesProps) => <Choices type="radio" {...props} />;

/** Any of several. */
export const Checkboxes = (props: ChoicesProps) => <Choices type="checkbox" {...props} />;

/** A value that the form carries unseen. */
export const Hidden = ({ field, value }: { field: string; value: string }) => (
  <input type="hidden" name={field} value={value} />
);

/** A form that the server checks, so that every error is explained in the page's words. */
export const PostForm = ({ to, children }: { to: string; children?: Child }) => (
  <form method="post" action={to} novalidate>
    {children}
  </form>
);
