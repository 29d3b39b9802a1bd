/** Device names that Windows opens instead of a file, whatever the extension. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Bytes that file systems allow in one name. */
const longest = 255;

type Test = (name: string) => boolean;
const inAnyPart =
  (test: Test): Test =>
  (name) =>
    name.split('/').some(test);

/** What an entry's name must not be (T39): unpacking writes nothing outside its folder, and no name hides what it is. */
const rules: readonly (readonly [problem: string, test: Test])[] = [
  ['is empty or holds an empty part', inAnyPart((part) => part === '')],
  ['is absolute', (name) => /^[/\\]/.test(name)],
  ['names a drive', (name) => /^[a-z]:/i.test(name)],
  ['leads out of the folder', inAnyPart((part) => part === '..' || part === '.')],
  ['holds a backslash', (name) => name.includes('\\')],
  ['holds a control sign or one that changes the direction of writing', (name) => /[\p{Cc}\p{Cf}]/u.test(name)],
  ['holds a sign that Windows does not allow', (name) => /[<>:"|?*]/.test(name)],
  ['is a device on Windows', inAnyPart((part) => reserved.test(part))],
  ['has a part that ends in a dot or a space', inAnyPart((part) => /[. ]$/.test(part) && !/^\.{1,2}$/.test(part))],
  ['has a part of more than 255 bytes', inAnyPart((part) => Buffer.byteLength(part) > longest)],
];

/** Everything that is wrong with an entry's name. */
export const nameProblems = (name: string): string[] =>
  rules.filter(([, test]) => test(name)).map(([problem]) => problem);

/** Two entries of one key overwrite each other where names differ in case only, or in how an accent is written. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase();
