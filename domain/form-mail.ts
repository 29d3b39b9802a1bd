const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainPart = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/** A domain in its A-label form (søren.dk -> xn--sren-hra.dk), or undefined. Only letters, digits, dots and hyphens reach the parser. */
const asciiDomain = (domain: string): string | undefined => {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) || !URL.canParse(`http://${domain}`)) return undefined;
  const { hostname } = new URL(`http://${domain}`);
  return domainPart.test(hostname) ? hostname : undefined;
};

const split = (address: string) => {
  const at = address.lastIndexOf('@');
  return { local: address.slice(0, Math.max(at, 0)), domain: asciiDomain(address.slice(at + 1)) };
};

/** In signs (RFC 5321, 4.5.3.1.3). */
export const longestAddress = 254;

/** An address as it is stored and written to: the local part as typed, the domain in A-labels. */
export const mailAddress = (address: string): string => {
  const { local, domain } = split(address);
  return `${local}@${domain}`;
};

/**
 * What is wrong with an address, if anything. The local part is ASCII only: in Unicode two addresses that look alike may be two people
 * (T04). `max`: of the whole address.
 */
export const mailProblem = (address: string, max: number) => {
  if (address === '') return 'email-missing';
  const { local, domain } = split(address);
  if (/[^ -~]/.test(local)) return 'email-sign';
  if (!domain || !localPart.test(local)) return 'email-form';
  return local.length > 64 || `${local}@${domain}`.length > max ? 'email-long' : undefined;
};

/** Where most people in the Nordic countries have their mail; long enough that one wrong letter is rarely another provider. */
const common = [
  'gmail.com',
  'hotmail.com',
  'hotmail.dk',
  'outlook.com',
  'outlook.dk',
  'icloud.com',
  'yahoo.com',
  'yahoo.dk',
  'live.com',
  'stofanet.dk',
  'protonmail.com',
];
const alsoReal = new Set([
  ...common,
  'mail.com',
  'email.com',
  'live.dk',
  'hotmail.de',
  'hotmail.se',
  'outlook.de',
  'outlook.se',
]);

/** Whether one slip of a finger (a letter left out, added, changed, or two swapped) parts the words. */
const oneSlip = (a: string, b: string): boolean => {
  if (a.length > b.length) return oneSlip(b, a);
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (a.length < b.length) return b.length - a.length === 1 && restA === restB.slice(1);
  const swapped = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return restA.slice(1) === restB.slice(1) || swapped;
};

/** The address that was probably meant (anna@hotmial.com -> anna@hotmail.com): a hint, never an error. */
export const meantAddress = (address: string): string | undefined => {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  if (alsoReal.has(domain)) return undefined;
  const meant = common.find((known) => oneSlip(domain, known));
  return meant && `${address.slice(0, at + 1)}${meant}`;
};
