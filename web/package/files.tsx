import { number, size } from '../format.ts';
import { answerTexts } from './texts.ts';
import type { Reading } from './value.tsx';

/** A path in the ZIP as an address relative to a page: it can never name another place or a script. */
export const hrefOf = (path: string, { base }: Reading): string =>
  `${base}${path.split('/').map(encodeURIComponent).join('/')}`;

interface FileLinkProps {
  readonly path: string;
  readonly text: string;
  readonly more?: string;
  readonly reading: Reading;
}

/** A link to a file of the answer. */
export const FileLink = ({ path, text, more, reading }: FileLinkProps) => (
  <li data-find>
    <a href={hrefOf(path, reading)}>{text}</a>
    {more && <span class="soft"> {more}</span>}
  </li>
);

interface DocumentListProps {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly reading: Reading;
}

const typeOf = (path: string): string => (path.split('.').at(-1) ?? '').toUpperCase();

/** Documents, numbered as their files are, each with its kind and size. */
export const DocumentList = ({ files, reading }: DocumentListProps) => {
  const { language } = reading;
  const say = answerTexts(language);
  const textOf = (path: string, at: number) =>
    say('file.document', { n: number(at + 1, language), type: typeOf(path) });
  return (
    <ul class="files">
      {files.map(({ path, bytes }, at) => (
        <FileLink path={path} text={textOf(path, at)} more={size(bytes, language)} reading={reading} />
      ))}
    </ul>
  );
};
