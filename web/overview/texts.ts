import { phrases } from '../mail/phrases.ts';
import da from '../texts/overview.da.json' with { type: 'json' };
import en from '../texts/overview.en.json' with { type: 'json' };

export type OverviewKey = keyof typeof da;

/** The texts of the pages that only staff who signed in meet: a file of their own, so that no other page's bundle carries them. */
export const overviewTexts = phrases<OverviewKey>({ da, en });
export type OverviewText = ReturnType<typeof overviewTexts>;
