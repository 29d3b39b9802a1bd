import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Answers,
  type Fields,
  fieldsOf,
  formSteps,
  isComplete,
  isTrapped,
  nextStep,
  requestOf,
  validateStep,
} from '../../domain/form.ts';
import { meantAddress } from '../../domain/form-mail.ts';
import da from '../../web/texts/person.da.json' with { type: 'json' };

const fields = (given: Readonly<Record<string, string | readonly string[]>>): Fields =>
  new Map(Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? [value] : value]));

const you = (more: Readonly<Record<string, string>>) =>
  validateStep('you', fields({ name: 'Anna', email: 'a@b.dk', ...more }));
const errorsOf = (result: ReturnType<typeof validateStep>) => ('errors' in result ? result.errors : result);
const answered = (result: ReturnType<typeof validateStep>): Partial<Answers> => {
  if (!('answers' in result)) throw new Error(JSON.stringify(result));
  return result.answers;
};
const emailOf = (email: string) => answered(you({ email })).you?.email;

const complete = (): Answers => {
  const given = {
    want: { rights: ['erasure', 'access'] },
    who: { who: 'other', otherName: 'Bo', relation: 'Far' },
    you: { name: ' Anna Å ', email: 'Anna@Eksempel.dk', customerNumber: '', alsoKnownAs: 'Anna B' },
    details: { details: 'Et\r\nTo' },
    answer: { language: 'en' },
    check: {},
  };
  let answers: Partial<Answers> = {};
  for (const step of formSteps) answers = answered(validateStep(step, fields(given[step]), answers));
  if (!isComplete(answers)) throw new Error('not complete');
  return answers;
};

describe('the pages of the form', () => {
  test('six pages filled in make a request', () => {
    expect(requestOf(complete())).toEqual({
      rights: ['access', 'erasure'],
      language: 'en',
      person: {
        name: 'Anna Å',
        email: 'Anna@eksempel.dk',
        customerNumber: undefined,
        alsoKnownAs: 'Anna B',
        details: 'Et\nTo',
        onBehalfOf: { name: 'Bo', relation: 'Far' },
      },
    });
  });

  test('an empty page says for each field what is missing', () => {
    expect(errorsOf(validateStep('want', fields({})))).toEqual({ rights: 'rights-missing' });
    expect(errorsOf(validateStep('who', fields({})))).toEqual({ who: 'who-missing' });
    expect(errorsOf(validateStep('who', fields({ who: 'other' })))).toEqual({
      otherName: 'other-name-missing',
      relation: 'relation-missing',
    });
    expect(errorsOf(validateStep('you', fields({})))).toEqual({ name: 'name-missing', email: 'email-missing' });
    expect(errorsOf(validateStep('answer', fields({})))).toEqual({ language: 'language-missing' });
  });

  test('what was typed is kept when a page has errors', () => {
    const result = validateStep('you', fields({ name: 'Anna', email: 'none' }));
    expect('kept' in result && result.kept.get('name')).toEqual(['Anna']);
  });

  test('names of somebody else are forgotten when it is about oneself', () => {
    expect(answered(validateStep('who', fields({ who: 'me', otherName: 'Bo', relation: 'Far' }))).who).toEqual({
      who: 'me',
    });
  });

  test('a page that is not answered yet comes next, and the check page when all are', () => {
    expect(nextStep({})).toBe('want');
    expect(nextStep({ want: { rights: ['access'] } })).toBe('who');
    expect(nextStep(complete())).toBe('check');
  });

  test('an answered page is filled in as it was answered', () => {
    const answers = complete();
    for (const step of formSteps) {
      const again = validateStep(step, fieldsOf(step, answers), answers);
      expect(answered(again)).toEqual(answers);
    }
  });
});

describe('what no page of ours sends is refused', () => {
  test.each([
    [
      'a field the page does not have',
      [
        ['name', ['A']],
        ['admin', ['1']],
      ],
    ],
    ['a key of a prototype', [['__proto__', ['1']]]],
    ['the constructor', [['constructor', ['1']]]],
    ['two values of one field', [['name', ['A', 'B']]]],
  ] as const)('%s', (_, entries) => {
    expect(validateStep('you', new Map(entries as never))).toEqual({ malformed: true });
  });

  test('a right that does not exist', () => {
    expect(errorsOf(validateStep('want', fields({ rights: ['access', 'root'] })))).toEqual({
      rights: 'rights-missing',
    });
  });

  test('any text at all gets an answer in our words and never an exception', () => {
    const names = fc.constantFrom('name', 'email', 'customerNumber', 'alsoKnownAs', 'website', 'stamp', 'x');
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(fc.dictionary(names, text), fc.constantFrom(...formSteps), (given, step) => {
        const result = validateStep(step, fields(given));
        const errors = 'errors' in result ? Object.values(result.errors) : [];
        expect(errors.filter((error) => !Object.hasOwn(da, `error.${error}`))).toEqual([]);
      }),
    );
  });
});

describe('limits', () => {
  test('a name of 120 signs is taken, one of 121 is not', () => {
    expect(answered(you({ name: 'x'.repeat(120) })).you?.name).toHaveLength(120);
    expect(errorsOf(you({ name: 'x'.repeat(121) }))).toEqual({ name: 'name-long' });
  });

  test('details of 1,500 bytes are taken, one more is not, and æ counts as two', () => {
    const details = (text: string) => validateStep('details', fields({ details: text }));
    expect(answered(details('æ'.repeat(750))).details?.details).toHaveLength(750);
    expect(errorsOf(details(`${'æ'.repeat(750)}x`))).toEqual({ details: 'details-long' });
  });

  test.each(['a\r\nBcc: x@y.dk', 'a\nb', 'a\0b', 'a\tb', 'a\u202eb', 'a\u2028b'])(
    'a field of one line takes no sign that breaks or turns it: %j',
    (text) => {
      expect(errorsOf(you({ name: text }))).toEqual({ name: 'sign' });
      expect(errorsOf(you({ email: `${text}@b.dk` }))).toEqual({ email: 'sign' });
    },
  );
});

describe('the e-mail address', () => {
  test('is stored with its local part as typed and its domain in A-labels', () => {
    expect(emailOf(' Anna.B+shop@Søren.DK ')).toBe('Anna.B+shop@xn--sren-gra.dk');
  });

  test.each([
    ['mıke@b.dk', 'email-sign'],
    ['jón@b.dk', 'email-sign'],
    ['anna\u200b@b.dk', 'email-sign'],
    ['anna＠b.dk', 'email-form'],
    ['anna', 'email-form'],
    ['@b.dk', 'email-form'],
    ['a@b', 'email-form'],
    ['a@b@c', 'email-form'],
    ['a b@c.dk', 'email-form'],
    ['a..b@c.dk', 'email-form'],
    ['a@-b.dk', 'email-form'],
    ['a@b.dk:80', 'email-form'],
    ['a@b.dk/x', 'email-form'],
    ['a@127.0.0.1', 'email-form'],
    ['a@%62.dk', 'email-form'],
    [`${'a'.repeat(65)}@b.dk`, 'email-long'],
    [`a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.dk`, 'email-long'],
  ])('%s is refused as %s', (email, error) => {
    expect(errorsOf(you({ email }))).toEqual({ email: error });
  });

  test('keeps its local part letter for letter', () => {
    const local = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}$/);
    fc.assert(
      fc.property(local, (text) => {
        expect(emailOf(`${text}@B.dk`)).toBe(`${text}@b.dk`);
      }),
    );
  });

  test.each([
    ['anna@hotmial.com', 'anna@hotmail.com'],
    ['anna@gmail.con', 'anna@gmail.com'],
    ['anna@gmal.com', 'anna@gmail.com'],
    ['anna@outlok.dk', 'anna@outlook.dk'],
    ['anna@gmail.com', undefined],
    ['anna@mail.com', undefined],
    ['anna@eksempel.dk', undefined],
  ])('%s: meant is %s, and it is a hint only', (typed, meant) => {
    expect(meantAddress(typed)).toBe(meant);
    expect(emailOf(typed)).toBe(typed);
  });
});

test('T57: a filled honeypot tells a machine, an empty one does not', () => {
  expect(isTrapped(fields({ website: 'https://spam.example' }))).toBe(true);
  expect(isTrapped(fields({ website: '' }))).toBe(false);
  expect(isTrapped(fields({}))).toBe(false);
});
