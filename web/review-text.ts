import type { Form as FormOf } from './fields.tsx';
import type { TextKey as StaffKey } from './staff-text.ts';
import { common, type Text as TextOf, textsIn } from './text.ts';
import daReview from './texts/review.da.json' with { type: 'json' };
import enReview from './texts/review.en.json' with { type: 'json' };
import da from './texts/staff.da.json' with { type: 'json' };
import en from './texts/staff.en.json' with { type: 'json' };

export type TextKey = StaffKey | keyof typeof daReview;
export type Text = TextOf<TextKey>;
export type Form = FormOf<TextKey>;

/** The texts of the pages of what was gathered: those of staff, and their own, which the page of the case does without. */
export const { t, counted } = textsIn<TextKey>({
  da: { ...common.da, ...da, ...daReview },
  en: { ...common.en, ...en, ...enReview },
});
