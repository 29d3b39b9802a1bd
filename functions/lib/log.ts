/** What a log line may hold: identifiers, codes and counts. There is no field for a message, a cause or a value someone typed. */
export interface LogFields {
  readonly requestId?: string;
  readonly reference?: string;
  readonly system?: string;
  readonly step?: string;
  readonly route?: string;
  readonly status?: number;
  readonly template?: string;
  readonly error?: string;
  readonly count?: number;
  readonly reason?: string;
}

const fields = [
  'requestId',
  'reference',
  'system',
  'step',
  'route',
  'status',
  'template',
  'error',
  'count',
  'reason',
] as const satisfies readonly (keyof LogFields)[];

/** Identifiers, names of errors and routes look like this; an address, a sentence or a second line does not. */
const isCode = (value: string | number): boolean => typeof value === 'number' || /^[\w .:#/{}-]{0,80}$/.test(value);

const write = (level: 'INFO' | 'ERROR', what: string, held: LogFields): void => {
  const line: Record<string, unknown> = { level, what };
  for (const field of fields) {
    const value = held[field];
    if (value !== undefined) line[field] = isCode(value) ? value : '?';
  }
  // The allow-list is applied here, at run time too: an object with more on it loses the rest.
  console.log(JSON.stringify(line));
};

/** One JSON line per event; JSON.stringify escapes line breaks and control characters, so nobody can forge a second line. */
export const log = {
  info: (what: string, held: LogFields = {}): void => write('INFO', what, held),
  error: (what: string, held: LogFields = {}): void => write('ERROR', what, held),
};

/** The name of an error, and nothing else of it: messages and causes may hold what a person typed. */
export const errorName = (error: unknown): string =>
  error instanceof Error && /^[A-Za-z][\w.]{0,60}$/.test(error.name) ? error.name : 'Error';
