import type { Form as FormOf } from './fields.tsx';
import { type CommonKey, common, type Text as TextOf, textsIn } from './text.ts';
import da from './texts/person.da.json' with { type: 'json' };
import en from './texts/person.en.json' with { type: 'json' };

export type TextKey = CommonKey | keyof typeof da;
export type Text = TextOf<TextKey>;
export type Form = FormOf<TextKey>;

/** The texts of the pages that people and owners of systems see. */
export const { t, counted } = textsIn<TextKey>({
  da: { ...common.da, ...da },
  en: { ...common.en, ...en },
});
