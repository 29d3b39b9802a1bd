import { domainToUnicode } from 'node:url';

/** What the DPO should know about an address before anything is read by it. */
export interface AddressNotes {
  /** Several people may read it: control of it does not say which of them asked (T09). */
  readonly shared: boolean;
  /** How its domain reads, where it has letters that are not Latin and may be taken for other ones (T03). */
  readonly looksLike?: string;
}

/** Mailboxes of an office, as RFC 2142 and Danish organisations name them. */
const offices = new Set(
  `abuse accounts admin billing bogholderi booking contact faktura finance help hello hej hostmaster hr info
  invoice it job kasserer kontakt kontor kundeservice mail marketing office ordre orders post postmaster press privacy reception regnskab
  sales salg security service support team webmaster`.split(/\s+/),
);

const isForeign = (letters: string): boolean => /\p{L}/u.test(letters.replaceAll(/\p{Script=Latin}/gu, ''));

/** Notes on an address as it is stored: its domain in A-labels. */
export const addressNotes = (email: string): AddressNotes => {
  const at = email.lastIndexOf('@');
  const [office = ''] = email.slice(0, at).toLowerCase().split('+');
  const reads = domainToUnicode(email.slice(at + 1));
  return { shared: offices.has(office), ...(isForeign(reads) ? { looksLike: reads } : {}) };
};
