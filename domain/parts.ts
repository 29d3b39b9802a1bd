import type { Language } from './config.ts';
import type { ManifestFile } from './manifest.ts';

/** What a file's name and its two headers take in a ZIP, at most, beside twice the name itself. */
const headers = 200;

const sizeOf = ({ path, bytes, packed }: ManifestFile): number => (packed?.bytes ?? bytes) + headers + 2 * path.length;

/** Pages and the letter stand at the root: they come first, so that the first file alone can be opened and read. */
const atRoot = ({ path }: ManifestFile): boolean => !path.includes('/');

/**
 * The files of an answer in parts of at most `most` bytes as a ZIP holds them; a file that is larger is a part of its own. One part keeps
 * the order given.
 */
export const inParts = (files: readonly ManifestFile[], most: number): ManifestFile[][] => {
  const total = files.reduce((sum, file) => sum + sizeOf(file), 0);
  if (total <= most) return [[...files]];
  const parts: ManifestFile[][] = [];
  let left = 0;
  for (const file of [...files.filter(atRoot), ...files.filter((each) => !atRoot(each))]) {
    if (parts.length === 0 || sizeOf(file) > left) {
      parts.push([]);
      left = most;
    }
    parts.at(-1)?.push(file);
    left -= sizeOf(file);
  }
  return parts;
};

const words = { da: ['del', 'af'], en: ['part', 'of'] } as const;

/** `-del-2-af-3`: what a name carries where an answer is in parts; '' where it is whole. */
export const partSuffix = (part: number, of: number, language: Language): string => {
  const [partWord, ofWord] = words[language];
  return of > 1 ? `-${partWord}-${part}-${ofWord}-${of}` : '';
};

const suffix = new RegExp(
  `-(${Object.values(words)
    .map(([part, of]) => `${part}-\\d+-${of}-\\d+`)
    .join('|')})(?=\\.)`,
);

/** A name without what `partSuffix` put into it. */
export const withoutPartSuffix = (path: string): string => path.replace(suffix, '');

/** The file in which a part says what it is. Its name is another in each part. */
export const partPath = (part: number, of: number): string => `part-${part}-of-${of}.json`;

/** What a part says of itself: which one it is, of which manifest, and the files that it holds. */
export const partFile = (part: number, of: number, manifest: string, files: readonly ManifestFile[]) => ({
  path: partPath(part, of),
  text: `${JSON.stringify({ version: 1, part, of, manifest, files: files.map(({ path }) => path) })}\n`,
});

/** The name of a file in which a part says what it is. */
export const isPartFile = (path: string): boolean => /^part-\d+-of-\d+\.json$/.test(path);
