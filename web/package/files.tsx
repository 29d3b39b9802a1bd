import { number, size } from '../format.ts';
import type { AnswerDocument } from './answer.ts';
import { answerTexts } from './texts.ts';
import { plain, type Reading } from './value.tsx';

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
  readonly files: readonly AnswerDocument[];
  readonly reading: Reading;
}

/** By the name of where it came from, else by its number. */
export const documentText = ({ path, name }: AnswerDocument, at: number, { language }: Reading): string =>
  name ? plain(name) : answerTexts(language)('file.document', { n: number(at + 1, language), type: typeOf(path) });

const typeOf = (path: string): string => (path.split('.').at(-1) ?? '').toUpperCase();

/** Documents in the order of their files, each with its size. */
export const DocumentList = ({ files, reading }: DocumentListProps) => {
  return (
    <ul class="files">
      {files.map((file, at) => (
        <FileLink
          path={file.path}
          text={documentText(file, at, reading)}
          more={size(file.bytes, reading.language)}
          reading={reading}
        />
      ))}
    </ul>
  );
};
