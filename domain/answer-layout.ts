import type { Language } from './config.ts';

/** Where things stand in the answer's ZIP, in the person's language. ASCII only: old ZIP tools break other letters. */
const words = {
  da: {
    start: 'START-HER.html',
    letter: 'Brev.pdf',
    readme: 'LAES-MIG.txt',
    withheld: 'udeladt.html',
    systems: 'systemer',
    files: 'filer',
    portability: 'dataportabilitet',
    sums: 'KONTROLSUMMER.sha256',
  },
  en: {
    start: 'START-HERE.html',
    letter: 'Letter.pdf',
    readme: 'READ-ME.txt',
    withheld: 'withheld.html',
    systems: 'systems',
    files: 'files',
    portability: 'portability',
    sums: 'CHECKSUMS.sha256',
  },
} as const;

export const layout = (language: Language) => words[language];

/** The file of an answer that people open first: one without access has no page. */
export const firstFile = (language: Language, access: boolean): string => {
  const { start, portability, readme } = words[language];
  return access ? start : `${portability}/${readme}`;
};

/** The description of every table for machines. It stands at the root: its standard lets it name no file outside its own folder. */
export const descriptorPath = 'datapackage.json';

/** What a file belongs to: the answer to access, or the one to portability, which is a folder of its own. */
export type Part = 'portability' | undefined;

/** '' or the folder of a part and a slash. */
export const partRoot = (language: Language, part: Part): string => (part ? `${words[language][part]}/` : '');

/** The folder of a system: its place in the alphabet and its name, so that the order is that of the overview. */
export const systemFolder = (systems: readonly string[], system: string, language: Language, part?: Part): string => {
  const place = String([...systems].sort().indexOf(system) + 1).padStart(2, '0');
  return `${words[language][part ?? 'systems']}/${place}-${system}`;
};

/** The page of a system. */
export const pagePath = (folder: string): string => `${folder}/index.html`;

/** Where a collection's files stand: for machines, for spreadsheets, their JSON Schema, and contacts. */
export const tablePaths = (folder: string, system: string, collection: string, root: string) => ({
  json: `${folder}/${collection}.json`,
  csv: `${folder}/${collection}.csv`,
  schema: `${root}data/schema/${system}.${collection}.json`,
  cards: `${root}data/${system}.${collection}.vcf`,
});

/** Extensions that documents keep; anything else becomes .bin, so that nothing in the ZIP runs by its name. */
const extensions = [
  'txt',
  'csv',
  'json',
  'pdf',
  'png',
  'jpg',
  'jpeg',
  'gif',
  'webp',
  'eml',
  'xml',
  'doc',
  'docx',
  'xls',
  'xlsx',
  'odt',
  'ods',
  'zip',
  'mp3',
  'mp4',
  'wav',
];

const extensionOf = (name: string): string => {
  const found = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return extensions.includes(found) ? found : 'bin';
};

/** A generated name for the n-th document of a collection (T39): the original name is data, never a path. */
export const documentPath = (folder: string, collection: string, n: number, name: string, language: Language): string =>
  `${folder}/${words[language].files}/${collection}-${String(n).padStart(4, '0')}.${extensionOf(name)}`;

/** The field of a row that names its documents. */
export const documentsField = 'files';

// What a reader cannot see, or what turns the letters after it around.
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What a document is called where it came from, to be shown and never to be a path: its last part, without what cannot be seen. */
export const shownName = (name: string): string => {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  return [...last.replaceAll(hidden, '').trim()].slice(0, 120).join('');
};

/** Whether a file of a system is a document, as it came from there. */
export const isDocument = (path: string, language: Language): boolean =>
  path.split('/').at(-2) === words[language].files;

/** What an owner gave stands in a collection of its own, which no map describes. */
export const ownerCollection = 'owner';

/** The file of the text that an owner typed. */
export const ownerTextName = (language: Language): string => (language === 'da' ? 'svar.txt' : 'answer.txt');

/** A typed text as a file: Windows' own editor needs both the mark and the line ends. */
export const textContent = (typed: string): string => `\uFEFF${typed.replaceAll(/\r?\n/g, '\r\n')}\r\n`;

/** The typed text in such a file. */
export const textIn = (content: string): string =>
  content
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replace(/\n$/, '');

/** What parts uploads of one name: 16 random signs before it. */
const apart = /^[0-9a-f]{16}-/;

/** The name that an owner's machine gave an upload: behind the prefix and what keeps names apart. */
export const uploadedName = (key: string, prefix: string): string => key.slice(prefix.length).replace(apart, '');

/** Where a file that an attempt wrote lies in the Evidence bucket. */
export const evidenceKey = (evidence: string, attempt: string, path: string): string =>
  `${evidence}/${attempt}/files/${path}`;

/** Where the values of a field lie that a later wave looks for. */
export const referenceKey = (evidence: string, attempt: string, field: string): string =>
  `${evidence}/${attempt}/keys/${field}.json`;

/** Where the pages of a table lie in its file: `Pages`. */
export const pagesKey = (evidence: string, attempt: string, path: string): string =>
  `${evidence}/${attempt}/pages/${path}`;

/** Beside a table: names of people that it holds. */
export const namesKey = (evidence: string, attempt: string, path: string): string =>
  `${evidence}/${attempt}/names/${path}`;

/** Where the documents of a collection are listed, a line each. */
export const documentsKey = (evidence: string, attempt: string, system: string, collection: string): string =>
  `${evidence}/${attempt}/documents/${system}.${collection}.ndjson`;

/** Beside a manifest: what was taken out of a collection, and why. */
export const cutsKey = (evidence: string, attempt: string, system: string, collection: string): string =>
  `${evidence}/${attempt}/cuts/${system}.${collection}.jsonl`;

/** Beside a manifest: which attempt wrote each of its files. */
export const placesKey = (evidence: string, attempt: string): string => `${evidence}/${attempt}/places.json`;

/** The data map that a request was planned by; it stays until the request is purged, for its names. */
export const mapKey = (evidence: string): string => `${evidence}/data-map.json`;

/** The rows between two checkpoints of an attempt, and at their head where the reading stood. */
export const checkpointKey = (evidence: string, attempt: string, n: number): string =>
  `${evidence}/${attempt}/checkpoints/${String(n).padStart(6, '0')}.ndjson`;
