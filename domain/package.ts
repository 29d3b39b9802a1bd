import type { Language } from './config.ts';
import { partSuffix } from './parts.ts';
import type { Package, Request } from './request.ts';

type Holder = Pick<Request, 'sent' | 'package'>;

/** What a person can fetch, in the order in which it was sent: an answer that lacked something, and what was added to it later. */
export const packagesOf = ({ sent = [], package: built }: Holder): Package[] => [
  ...sent.flatMap((each) => each.package ?? []),
  ...(built ? [built] : []),
];

/** What was sent last; undefined where nothing was. */
export const lastPackage = (request: Holder): Package | undefined => packagesOf(request).at(-1);

/** How often a package was fetched: any of its files counts. */
export const fetched = ({ parts }: Package): number => parts.reduce((sum, { downloads }) => sum + downloads, 0);

/** Whether the person still has to fetch it: nobody did, and it was not handed out another way. */
export const awaitsFetching = (
  built: Package | undefined,
  { handedOut }: Pick<Request, 'handedOut'>,
): built is Package => built !== undefined && fetched(built) === 0 && !handedOut;

/** The ISO instant at which the last link to a file ends; undefined where there is no file. */
export const lastEnd = (request: Holder): string | undefined =>
  packagesOf(request)
    .map(({ expiresAt }) => expiresAt)
    .sort()
    .at(-1);

/** A file that can be fetched. `n` counts all that were ever sent in the case, so that an address keeps its meaning. */
export interface AnswerZip {
  readonly n: number;
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly downloads: number;
  readonly expiresAt: string;
  /** Which answer of the case it belongs to, and its place in that, both from 1. */
  readonly answer: number;
  readonly part: number;
  readonly parts: number;
}

const nameOf = (reference: string, language: Language, answer: number, part: number, parts: number): string => {
  const later = answer > 1 ? `-${answer}` : '';
  return `${reference}${later}${partSuffix(part, parts, language)}.zip`;
};

/** Every ZIP of the case, with the name under which it is saved. */
export const zipsOf = (request: Pick<Request, 'sent' | 'package' | 'reference' | 'language'>): AnswerZip[] =>
  packagesOf(request)
    .flatMap(({ parts, expiresAt }, answer) =>
      parts.map((each, part) => ({
        ...each,
        expiresAt,
        name: nameOf(request.reference, request.language, answer + 1, part + 1, parts.length),
        answer: answer + 1,
        part: part + 1,
        parts: parts.length,
      })),
    )
    .map((each, n) => ({ ...each, n }));

const counting = (built: Package, key: string): Package => ({
  ...built,
  parts: built.parts.map((part) => (part.key === key ? { ...part, downloads: part.downloads + 1 } : part)),
});

/** The request with one more download of the file under a key. */
export const counted = <R extends Holder>(request: R, key: string): R => ({
  ...request,
  ...(request.package ? { package: counting(request.package, key) } : {}),
  ...(request.sent
    ? { sent: request.sent.map((each) => (each.package ? { ...each, package: counting(each.package, key) } : each)) }
    : {}),
});

/** The request without its files: their hashes stand in the audit chain. */
export const withoutPackages = <R extends Holder>({ package: _, ...request }: R): Omit<R, 'package'> => ({
  ...request,
  ...(request.sent ? { sent: request.sent.map(({ package: __, ...rest }) => rest) } : {}),
});
