import type { Child } from 'hono/jsx';
import type { Value } from '../../domain/connector.ts';
import type { Field } from '../../domain/data-map.ts';
import { dateAndTime } from '../format.ts';
import { localeOf } from '../text.ts';
import type { AnswerFacts } from './answer.ts';
import { answerTexts } from './texts.ts';

/** How values are shown: in which language, in which zone. */
export type Reading = Pick<AnswerFacts, 'language' | 'timeZone'> & {
  /** How a page comes from its own folder to the root of the ZIP: './' or '../../'. */
  readonly base: string;
};

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const day = /^\d{4}-\d\d-\d\d$/;
// HTML has no place for them, and a reader cannot see them: shown as the sign for "not a sign".
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unseen = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/g;

/** A text without signs that HTML can not hold. */
export const plain = (text: string): string => text.toWellFormed().replaceAll(unseen, '\ufffd');

const dayText = (value: string, { language }: Reading): string =>
  new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(value));

const isDate = (value: string): boolean => (instant.test(value) || day.test(value)) && !Number.isNaN(Date.parse(value));

const DateValue = ({ value, reading }: { value: string; reading: Reading }) => {
  const { language, timeZone } = reading;
  const text = day.test(value) ? dayText(value, reading) : dateAndTime(value, language, timeZone);
  return <time datetime={value}>{text}</time>;
};

const Members = ({ value, reading }: { value: object; reading: Reading }) => {
  const isList = Array.isArray(value);
  return (
    <ul class="members">
      {Object.entries(value).map(([name, held]: [string, Value]) => (
        <li>
          {!isList && `${plain(name)}: `}
          <Shown value={held} reading={reading} />
        </li>
      ))}
    </ul>
  );
};

const codeText = (field: Field | undefined, value: Value, { language }: Reading): string | undefined => {
  const { codes } = field ?? {};
  if (!codes || !Object.hasOwn(codes, String(value))) return undefined;
  const meaning = codes[String(value)]?.[language];
  return typeof value === 'boolean' ? meaning : `${plain(String(value))} (${meaning})`;
};

const isNothing = (value: Value | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value ?? {}).length === 0);

interface ShownProps {
  readonly value: Value | undefined;
  readonly field?: Field;
  readonly reading: Reading;
}

/** A value as people read it: a code with its meaning, a date in words, a list as a list; everything else as it is. */
export const Shown = ({ value, field, reading }: ShownProps): Child => {
  const say = answerTexts(reading.language);
  if (value === undefined || value === null || isNothing(value)) return say('value.none');
  const meaning = codeText(field, value, reading);
  if (meaning !== undefined) return meaning;
  if (typeof value === 'boolean') return say(`value.${value}`);
  if (typeof value === 'object') return <Members value={value} reading={reading} />;
  if (typeof value === 'string' && isDate(value)) return <DateValue value={value} reading={reading} />;
  return <span class="typed">{plain(String(value))}</span>;
};
