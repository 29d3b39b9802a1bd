/** Red, green and blue of the sRGB space, each 0 to 1. */
type Rgb = readonly [number, number, number];
/** Lightness, and the two axes of colour, of the OKLab space: equal steps look equal, and the hue stays when lightness moves. */
type Lab = readonly [number, number, number];

const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as never;

const hexOf = (rgb: Rgb): string =>
  `#${rgb
    .map((part) =>
      Math.round(Math.min(Math.max(part, 0), 1) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;

const linear = (part: number): number => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const curved = (part: number): number => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055);

const times = (rows: readonly Rgb[], by: Rgb): Rgb =>
  rows.map(([a, b, c]) => a * by[0] + b * by[1] + c * by[2]) as never;

// The matrices of OKLab (Björn Ottosson, 2020).
const toCones: readonly Rgb[] = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const toLab: readonly Rgb[] = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const fromLab: readonly Rgb[] = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const fromCones: readonly Rgb[] = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
];

const labOf = (hex: string): Lab =>
  times(toLab, times(toCones, rgbOf(hex).map(linear) as never).map(Math.cbrt) as never);

const rgbOfLab = (lab: Lab): Rgb =>
  times(fromCones, times(fromLab, lab).map((part) => part ** 3) as never).map(curved) as never;

const isShown = (rgb: Rgb): boolean => rgb.every((part) => part >= -0.0005 && part <= 1.0005);

/** The colour at another lightness (0 to 1), its strength times `chroma`, weakened as far as a screen can show it. */
export const atLightness = (hex: string, lightness: number, chroma = 1): string => {
  const [, a, b] = labOf(hex);
  for (let strength = chroma; strength > 0; strength -= 0.02) {
    const rgb = rgbOfLab([lightness, a * strength, b * strength]);
    if (isShown(rgb)) return hexOf(rgb);
  }
  return hexOf(rgbOfLab([lightness, 0, 0]));
};

/** OKLab lightness of a colour, 0 to 1. */
export const lightnessOf = (hex: string): number => labOf(hex)[0];

const luminance = (hex: string): number => {
  const [red, green, blue] = rgbOf(hex).map(linear) as never as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** The contrast ratio of WCAG 2, 1 to 21. */
export const contrast = (a: string, b: string): number => {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((one, other) => one - other) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
};
