const backslashed = (special: RegExp) => (value: string) => value.replace(special, (character) => `\\${character}`);

const soqlNames: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** How a value is written inside a quoted text of each query language (T44), by the name that a template gives after the bar. */
export const escapes: Readonly<Record<string, (value: string) => string>> = {
  odata: (value) => value.replaceAll("'", "''"),
  // Its OData is a dialect of its own: a backslash escapes.
  superoffice: backslashed(/[\\']/g),
  soql: (value) => value.replace(/[\\'"\n\r\t\b\f]/g, (character) => `\\${soqlNames[character] ?? character}`),
  zendesk: backslashed(/[\\"]/g),
  json: (value) => JSON.stringify(value).slice(1, -1),
  regex: backslashed(/[\\^$.*+?()[\]{}|/-]/g),
};

const placeholder = /\{(value|fields)(?:\|(\w+))?\}/g;

/** What a template is filled with: the value looked for, and the source's names of the fields. */
export interface Filling {
  readonly value: string;
  readonly names: readonly string[];
}

/** A template with its value, escaped as it says, and the names of the fields. */
export const filled = (template: string, { value, names }: Filling, wrap = (text: string) => text): string =>
  template.replace(placeholder, (_, what: string, language?: string) => {
    if (what === 'fields') return wrap(names.join(','));
    return wrap(language ? (escapes[language]?.(value) ?? '') : value);
  });
