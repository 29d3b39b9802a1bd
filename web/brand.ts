import { atLightness, contrast, lightnessOf } from './colour.ts';

/** The grounds that text in the brand's colour stands on; styles.css has the same values. */
const grounds = { light: ['#ffffff', '#f5f6f8'], dark: ['#171b21', '#0f1216'] } as const;
type Scheme = keyof typeof grounds;

/** WCAG 1.4.3 asks for 4.5; a little more survives rounding and screens. */
const enough = 4.6;

const tintOf = (colour: string, scheme: Scheme): string =>
  scheme === 'light' ? atLightness(colour, 0.965, 0.18) : atLightness(colour, 0.27, 0.35);

/** The brand's colour, moved in lightness only as far as it must to be read on every ground. */
const readable = (colour: string, scheme: Scheme, from: number): string => {
  const behind = [...grounds[scheme], tintOf(colour, scheme)];
  const step = scheme === 'light' ? -0.005 : 0.005;
  for (let lightness = from; lightness > 0 && lightness < 1; lightness += step) {
    const tried = atLightness(colour, lightness);
    if (behind.every((ground) => contrast(tried, ground) >= enough)) return tried;
  }
  return scheme === 'light' ? '#000000' : '#ffffff';
};

const onBrand = { light: '#ffffff', dark: '#0f1216' } as const;

/** The colours made from the brand's: `brand` for links and buttons, `strong` under the pointer, `on` for text on them, `tint` as a ground. */
export const palette = (colour: string, scheme: Scheme) => {
  const own = lightnessOf(colour);
  const brand = readable(colour, scheme, scheme === 'light' ? Math.min(own, 0.62) : Math.max(own, 0.72));
  const shift = scheme === 'light' ? -0.08 : 0.07;
  const strong = atLightness(colour, Math.min(Math.max(lightnessOf(brand) + shift, 0.1), 0.97));
  return { brand, strong, on: onBrand[scheme], tint: tintOf(colour, scheme) };
};

const variables = (colour: string, scheme: Scheme): string => {
  const { brand, strong, on, tint } = palette(colour, scheme);
  return `:root{--brand:${brand};--brand-strong:${strong};--on-brand:${on};--brand-tint:${tint}}`;
};

/** The style sheet `brand.css`: the custom properties for light and dark. `colour`: #rrggbb. Text keeps a contrast of 4.5 whatever the colour is. */
export const brand = (colour: string): string =>
  `${variables(colour, 'light')}\n@media (prefers-color-scheme:dark){${variables(colour, 'dark')}}\n`;

/** The tab's icon, as SVG: a shield of the brand's colour with a person on it. */
export const icon = (colour: string): string => {
  const { brand: fill, on } = palette(colour, 'light');
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
    `<path fill="${fill}" d="M16 1 3 6v9c0 8 5.5 13.5 13 16 7.5-2.5 13-8 13-16V6z"/>`,
    `<circle cx="16" cy="13" r="4" fill="${on}"/>`,
    `<path fill="${on}" d="M8.5 23c.8-4 3.7-6 7.5-6s6.7 2 7.5 6c-2 2.300-4.5 3.800-7.5 5-3-1.200-5.5-2.7-7.5-5z"/>`,
    '</svg>',
  ].join('');
};
