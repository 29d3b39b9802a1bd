import type { Language } from './config.ts';

/** Where things stand in the answer's ZIP, in the person's language. ASCII only: old ZIP tools break other letters. */
const words = {
  da: {
    start: 'START-HER.html',
    readme: 'LAES-MIG.txt',
    systems: 'systemer',
    files: 'filer',
    sums: 'KONTROLSUMMER.sha256',
  },
  en: { start: 'START-HERE.html', readme: 'READ-ME.txt', systems: 'systems', files: 'files', sums: 'CHECKSUMS.sha256' },
} as const;

export const layout = (language: Language) => words[language];

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

/** The folder of a system: its place in the alphabet and its name, so that the order is that of the overview. */
export const systemFolder = (systems: readonly string[], system: string, language: Language): string => {
  const place = String([...systems].sort().indexOf(system) + 1).padStart(2, '0');
  return `${words[language].systems}/${place}-${system}`;
};

/** A generated name for the n-th document of a collection (T39): the original name is data, never a path. */
export const documentPath = (folder: string, collection: string, n: number, name: string, language: Language): string =>
  `${folder}/${words[language].files}/${collection}-${String(n).padStart(4, '0')}.${extensionOf(name)}`;

/** What parts uploads of one name: 16 random signs before it. */
const apart = /^[0-9a-f]{16}-/;

/** The name that an owner's machine gave an upload: behind the prefix and what keeps names apart. */
export const uploadedName = (key: string, prefix: string): string => key.slice(prefix.length).replace(apart, '');

/** Where a round's files lie in the Evidence bucket. */
export const evidenceKey = (evidence: string, round: number, path: string): string =>
  `${evidence}/r${round}/files/${path}`;

/** Where the values of a field lie that a later wave looks for. */
export const referenceKey = (evidence: string, round: number, field: string): string =>
  `${evidence}/r${round}/keys/${field}.json`;
