import { firstFile } from '../../domain/answer-layout.ts';
import { isUndecided } from '../../domain/decision.ts';
import { inForce } from '../../domain/gathering.ts';
import { ofThisAnswer } from '../../domain/supplement.ts';
import { Link } from '../components.tsx';
import type { Form } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { collectionTitle } from './staff-systems.tsx';

interface Props {
  readonly props: StaffProps;
  readonly form: Form;
}

/** The tables of the part for portability, as a spreadsheet opens them. */
const portableTables = (props: StaffProps, { text }: Form): [path: string, title: string][] => {
  const { map, language } = props;
  return inForce(ofThisAnswer(props)).flatMap(({ system, collections }) =>
    collections.flatMap(({ name, files }): [string, string][] => {
      const csv = files.find(({ right, path }) => right === 'portability' && path.endsWith('.csv'));
      const of = map.systems[system];
      return csv ? [[csv.path, `${of?.title[language] ?? system}, ${collectionTitle(of, name, text, language)}`]] : [];
    }),
  );
};

/** Leads to exactly what is sent: the start page, which leads to the rest; without access, which has it, the files. */
export const Preview = ({ props, form }: Props) => {
  const rights = props.rights.filter(isUndecided).map(({ right }) => right);
  const access = rights.includes('access');
  const first = firstFile(props.request.language, access);
  const to = (path: string): string => `${props.path}/preview/${path}`;
  if (access)
    return (
      <p>
        <Link to={to(first)}>{form.text('staff.preview')}</Link>
      </p>
    );
  if (!rights.includes('portability')) return null;
  return (
    <>
      <p>{form.text('staff.preview-portability')}</p>
      <ul>
        {[[first, form.text('staff.preview-readme')] as const, ...portableTables(props, form)].map(([path, title]) => (
          <li>
            <Link to={to(path)}>{title}</Link>
          </li>
        ))}
      </ul>
    </>
  );
};
