import type { Visit } from './page.ts';

/** What was typed into a field, or chosen: its first value. */
export const text = ({ fields }: Pick<Visit, 'fields'>, name: string): string => (fields.get(name)?.[0] ?? '').trim();

/** All of it by field, to be shown again. */
export const allTyped = ({ fields }: Pick<Visit, 'fields'>): Record<string, string> =>
  Object.fromEntries([...fields].map(([name, [value = '']]) => [name, value]));
