import da from '../texts/mail.da.json' with { type: 'json' };
import en from '../texts/mail.en.json' with { type: 'json' };
import { phrases } from './phrases.ts';

/** The texts of the mails in a language. */
export const mailTexts = phrases<keyof typeof da>({ da, en });
