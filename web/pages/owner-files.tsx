import type { Language } from '../../domain/config.ts';
import type { System } from '../../domain/data-map.ts';
import type { FileProblem } from '../../domain/file-kinds.ts';
import type { Case } from '../../domain/request.ts';
import { BackLink, Button, ButtonLink, Reference, Typed } from '../components.tsx';
import { Checkboxes, ErrorSummary, FileField, LastFour, PostForm } from '../fields.tsx';
import { size } from '../format.ts';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { type Form, type Text, t } from '../person-text.ts';

/** What an owner added. `problem`: why it is not taken. */
export interface OwnersFile {
  readonly name: string;
  readonly bytes: number;
  readonly problem?: FileProblem | undefined;
}

export type FilesProblem = 'remove' | 'last4';

export interface OwnerFilesProps extends Frame {
  readonly task: { readonly held: Case; readonly system: System; readonly page: string; readonly filesPage: string };
  /** In the order in which they were added; `id` names one in the form. */
  readonly uploaded: readonly (OwnersFile & { readonly id: string })[];
  /** A form that posts a file straight to the bucket. */
  readonly upload: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  readonly problems: readonly FilesProblem[];
  /** What was ticked, when the page comes back with problems. */
  readonly chosen: readonly string[];
}

/** Files with what is wrong with them. */
export const FileList = ({
  files,
  language,
  text,
}: {
  files: readonly OwnersFile[];
  language: Language;
  text: Text;
}) => (
  <ul class="files">
    {files.map(({ name, bytes, problem }) => (
      <li>
        <Typed>{name}</Typed> <span class="soft">{size(bytes, language)}</span>
        {problem && <p class="field-error">{text(`owner.file-refused-${problem}`)}</p>}
      </li>
    ))}
  </ul>
);

/** The form of the file that is added; the last one that was refused is its error. */
const addingForm = ({ language, uploaded }: OwnerFilesProps): Form => {
  const text = t(language);
  const last = uploaded.at(-1);
  const refused = last?.problem && `${last.name}: ${text(`owner.file-refused-${last.problem}`)}`;
  return { text, values: new Map(), errors: new Map(refused ? [['file', refused]] : []) };
};

const removingForm = ({ language, problems, chosen }: OwnerFilesProps): Form => {
  const text = t(language);
  const errors = problems.map((problem) => [problem, text(`owner.problem-${problem}`)] as const);
  return { text, name: 'remove', values: new Map([['remove', chosen]]), errors: new Map(errors) };
};

/** Posts to the bucket, not to us: a file never passes through a function. The file comes last, as S3 wants it. */
const Add = ({ props, form }: { props: OwnerFilesProps; form: Form }) => (
  <form method="post" action={props.upload.url} enctype="multipart/form-data" class="upload">
    {Object.entries(props.upload.fields).map(([field, value]) => (
      <input type="hidden" name={field} value={value} />
    ))}
    <FileField form={form} field="file" label={form.text('owner.file')} hint={form.text('owner.file-hint')} />
    <button type="submit" class="button button-secondary">
      {form.text('owner.file-send')}
    </button>
  </form>
);

const Remove = ({ props, form }: { props: OwnerFilesProps; form: Form }) => {
  const { text } = form;
  const options = props.uploaded.map(({ id, name, bytes }) => ({
    value: id,
    label: `${name} (${size(bytes, props.language)})`,
  }));
  return (
    <section>
      <h2>{text('owner.remove')}</h2>
      <PostForm to={inLanguage(props, props.task.filesPage)}>
        <Checkboxes form={form} field="remove" label={text('owner.remove-which')} options={options} />
        <LastFour form={form} />
        <Button look="danger">{text('owner.remove-send')}</Button>
      </PostForm>
    </section>
  );
};

/** The files of an owner's task, on a page of their own: what the owner typed waits meanwhile. */
export const ownerFilesPage = (props: OwnerFilesProps): string => {
  const { language, task, uploaded, problems } = props;
  const [adding, removing] = [addingForm(props), removingForm(props)];
  const wrong = problems.length > 0 ? removing : adding;
  const { text } = adding;
  const title = text('owner.files-title', { system: task.system.title[language] });
  const back = inLanguage(props, task.page);
  return page({
    frame: props,
    title,
    wrong: wrong.errors.size > 0,
    before: <BackLink to={back}>{text('owner.files-back')}</BackLink>,
    children: (
      <>
        <ErrorSummary form={wrong} />
        <p class="caption">
          {text('status.reference')} <Reference>{task.held.request.reference}</Reference>
        </p>
        <h1>{title}</h1>
        <p>{text('owner.files-lead')}</p>
        <Add props={props} form={adding} />
        {uploaded.length > 0 && (
          <>
            <h2>{text('owner.files-there')}</h2>
            <FileList files={uploaded} language={language} text={text} />
            <p>
              <ButtonLink to={back}>{text('owner.files-go-on')}</ButtonLink>
            </p>
            <Remove props={props} form={removing} />
          </>
        )}
      </>
    ),
  });
};
