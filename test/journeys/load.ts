import { setTimeout as sleep } from 'node:timers/promises';
import { seed } from '../../demo/seed.ts';
import { answerTask, approve, ask, prove, start } from './access.ts';
import { itemsOf } from './faults.ts';
import type { Mail, Served, World } from './world.ts';

/** The work for each, so many at a time. */
const forEach = async <T>(all: readonly T[], width: number, work: (one: T) => Promise<unknown>): Promise<void> => {
  const waiting = [...all];
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: width }, worker));
};

/** The cloud with the mails as they are now: hundreds of people who poll for theirs would measure the polling. */
const withMails = async (world: World): Promise<Served> => {
  await world.quiet();
  const mails = await world.mails();
  const mail: Served['mail'] = async (to, pattern) => {
    const found = mails.find((one) => one.to.includes(to) && (pattern.test(one.subject) || pattern.test(one.text)));
    if (!found) throw new Error(`no mail to ${to} like ${pattern}`);
    return found;
  };
  return { ...world, mails: async (): Promise<Mail[]> => mails, mail };
};

interface Person {
  readonly email: string;
  reference: string;
}

/** One address on the internet may send 30 requests an hour; they all come from this machine. */
const anHour = 25;

/** Real time for filling in the form: moving the clock would wait for everybody else. */
const unhurried = (world: World): Served => ({ ...world, advance: () => sleep(3_100) });

const askAll = async (world: World, people: readonly Person[]): Promise<void> => {
  for (let from = 0; from < people.length; from += anHour) {
    await world.advance('PT1H');
    const asking = people.slice(from, from + anHour).map(async (person, n) => {
      // Ten people a second: the stage lets a hundred requests pass.
      await sleep(n * 100);
      Object.assign(person, await ask(unhurried(world), { name: 'En Person', email: person.email }));
    });
    await Promise.all(asking);
  }
};

/** Carries requests of different people side by side through every step; answers how many were delivered. */
export const manyAtOnce = async (world: World, many: number): Promise<number> => {
  const emails = [...new Set(seed().customers.map(({ email }) => email))].slice(10, 10 + many);
  const people: Person[] = emails.map((email) => ({ email, reference: '' }));
  await askAll(world, people);
  const steps: readonly ((at: Served, person: Person) => Promise<unknown>)[] = [
    (at, { email, reference }) => prove(at, email, reference),
    (at, { reference }) => start(at, reference),
    (at, { reference }) => answerTask(at, reference, 'nothing'),
  ];
  for (const step of steps) {
    const at = await withMails(world);
    await forEach(people, 16, (person) => step(at, person));
  }
  // The first decision takes a code, whose mail is still to come; from then on the DPO's browser is known.
  const [first, ...others] = people;
  if (first) await approve(world, first.reference);
  const at = await withMails(world);
  await forEach(others, 16, ({ reference }) => approve(at, reference));
  await world.quiet();
  const references = new Set(people.map(({ reference }) => reference));
  const items = await itemsOf(world);
  return items.filter(({ reference, status }) => references.has(String(reference)) && status === 'DELIVERED').length;
};
