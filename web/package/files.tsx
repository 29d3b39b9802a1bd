import { number, size } from '../format.ts';
import { answerTexts } from './texts.ts';
import type { Reading } from './value.tsx';

/** A path in the ZIP as an address relative to the page: it can never name another place or a script. */
const hrefOf = (path: string): string => `./${path.split('/').map(encodeURIComponent).join('/')}`;

/** A link to a file beside the page. */
export const FileLink = ({ path, text, more }: { path: string; text: string; more?: string }) => (
  <li>
    <a href={hrefOf(path)}>{text}</a>
    {more && <span class="soft"> {more}</span>}
  </li>
);

interface DocumentListProps {
  readonly title: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly reading: Reading;
}

const typeOf = (path: string): string => (path.split('.').at(-1) ?? '').toUpperCase();

/** Documents, numbered as their files are, each with its kind and size. */
export const DocumentList = ({ title, files, reading: { language } }: DocumentListProps) => {
  if (files.length === 0) return null;
  const say = answerTexts(language);
  const textOf = (path: string, at: number) =>
    say('file.document', { n: number(at + 1, language), type: typeOf(path) });
  return (
    <>
      <h4>{title}</h4>
      <ul class="files">
        {files.map(({ path, bytes }, at) => (
          <FileLink path={path} text={textOf(path, at)} more={size(bytes, language)} />
        ))}
      </ul>
    </>
  );
};
