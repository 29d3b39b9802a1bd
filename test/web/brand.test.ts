import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brand, icon, palette } from '../../web/brand.ts';
import { contrast } from '../../web/colour.ts';

const grounds = { light: ['#ffffff', '#f5f6f8'], dark: ['#171b21', '#0f1216'] } as const;
const ink = { light: '#1b2026', dark: '#e9ecf0' } as const;
const soft = { light: '#56606c', dark: '#a7b0bb' } as const;
const schemes = ['light', 'dark'] as const;
const anyColour = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`);

test('the contrast ratio is that of WCAG 2', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.478, 3);
});

test('text in the brand colour, on it and on its tint has a contrast of 4.5, whatever the colour', () => {
  fc.assert(
    fc.property(anyColour, fc.constantFrom(...schemes), (colour, scheme) => {
      const { brand: own, strong, on, tint } = palette(colour, scheme);
      const pairs = [
        ...[...grounds[scheme], tint].map((ground) => [own, ground] as const),
        ...grounds[scheme].map((ground) => [strong, ground] as const),
        [strong, tint],
        [on, own],
        [on, strong],
        [ink[scheme], tint],
        [soft[scheme], tint],
      ] as const;
      for (const [front, ground] of pairs) expect(contrast(front, ground)).toBeGreaterThanOrEqual(4.5);
    }),
    { numRuns: 2_000 },
  );
});

test('a colour that can be read already is kept', () => {
  expect(palette('#0b5c8a', 'light').brand).toBe('#0b5c8a');
});

test('brand.css sets the custom properties for light and for dark and holds nothing else', () => {
  expect(brand('#c2185b').replaceAll(/#[0-9a-f]{6}/g, '#')).toBe(
    ':root{--brand:#;--brand-strong:#;--on-brand:#;--brand-tint:#}\n' +
      '@media (prefers-color-scheme:dark){:root{--brand:#;--brand-strong:#;--on-brand:#;--brand-tint:#}}\n',
  );
});

test('the icon loads and runs nothing', () => {
  expect(icon('#0b5c8a')).toMatch(/^<svg [^>]*>(<(path|circle) [^>]*\/>)+<\/svg>$/);
  expect(icon('#0b5c8a')).not.toMatch(/href|script|style/);
});
