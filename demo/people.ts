import type { Chance } from './chance.ts';
import { domains, firstNames, surnames } from './names.ts';

/** Systems that may know a person. The shop and support know only customers. */
export type Known = 'crm' | 'webshop' | 'support' | 'newsletter' | 'archive';

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly known: ReadonlySet<Known>;
}

const everywhere: readonly Known[] = ['crm', 'webshop', 'support', 'newsletter', 'archive'];

const fixed: readonly (readonly [string, string, readonly Known[]])[] = [
  ['Jens Hansen', 'jens.hansen@postkasse.example', ['crm', 'webshop', 'support', 'newsletter']],
  ['Mette Kjærgaard', 'mette.kjaergaard@skovmail.example', everywhere],
  ['Jens Hansen', 'jens.hansen1@postkasse.example', ['crm', 'webshop', 'support', 'newsletter']],
  ['Hans Jensen', 'jensen.hans@postkasse.example', ['crm', 'webshop']],
  ['Jens Hansen', 'jens.hansen@p0stkasse.example', ['crm', 'webshop', 'newsletter']],
  ['Jens Hansen', 'jens.hansen@postkasse-dk.example', ['crm', 'newsletter']],
  ['Jens Hansen', 'jenshansen@postkasse.example', ['newsletter']],
  ['Åse Ørskov', 'aase.oerskov@postkasse.example', ['newsletter']],
  ['Ove Bæk', 'ove.baek@fjordnet.example', ['archive']],
];

/**
 * People to try: in every system, nearly the same address as others, in the newsletter only, found over three references, and one whose
 * record a system does not give out at first.
 */
export const peopleToTry = {
  everywhere: 'mette.kjaergaard@skovmail.example',
  nearlyTheSame: 'jens.hansen@postkasse.example',
  newsletterOnly: 'aase.oerskov@postkasse.example',
  threeHops: 'signe.lykke@skovmail.example',
  failing: 'bo.friis@fjordnet.example',
} as const;

const letters: Readonly<Record<string, string>> = { æ: 'ae', ø: 'oe', å: 'aa', ı: 'i' };

const addressOf = (name: string, domain: string, taken: Set<string>): string => {
  const local = name
    .toLowerCase()
    .replace(' ', '.')
    .replace(/[æøåı]/g, (letter) => letters[letter] ?? letter);
  let email = `${local}@${domain}`;
  for (let more = 1; taken.has(email); more += 1) email = `${local}${more}@${domain}`;
  taken.add(email);
  return email;
};

const knownBy = (chance: Chance): Set<Known> => {
  if (chance.in(8)) return new Set(['newsletter']);
  if (chance.in(3)) return new Set(['archive']);
  const known = new Set<Known>(['crm']);
  if (chance.in(70)) known.add('webshop');
  if (chance.in(8)) known.add('support');
  if (chance.in(40)) known.add('newsletter');
  if (chance.in(5)) known.add('archive');
  return known;
};

/** `count` people, the fixed ones first; many share a name, and then have nearly the same address. */
export const people = (count: number, chance: Chance): Person[] => {
  const named = fixed.map(([name, email, known]) => ({ name, email, known: new Set(known) }));
  const taken = new Set(named.map(({ email }) => email));
  const others = Array.from({ length: count - named.length }, () => {
    const name = `${chance.pick(firstNames)} ${chance.pick(surnames)}`;
    return { name, email: addressOf(name, chance.pick(domains), taken), known: knownBy(chance) };
  });
  return [...named, ...others];
};
