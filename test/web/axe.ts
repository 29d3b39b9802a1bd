import axe from 'axe-core';
import type { Page } from 'playwright-core';

export const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
export const standards = [...wcag, 'best-practice'];
/** The rules whose outcome depends on colours and on the width; the others see the same document in every look. */
const ofLooks = ['color-contrast', 'target-size', 'link-in-text-block', 'scrollable-region-focusable', 'region'];

export interface Look {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly forcedColors?: 'active';
}

export const wide = { colorScheme: 'light', width: 1280 } as const;
export const darkWide = { colorScheme: 'dark', width: 1280 } as const;
export const narrow = { colorScheme: 'light', width: 390 } as const;
export const darkNarrow = { colorScheme: 'dark', width: 390 } as const;

/** Shows the page that is open in another look. */
export const turn = async (tab: Page, { colorScheme, width, forcedColors }: Look): Promise<void> => {
  await tab.emulateMedia({ colorScheme, forcedColors: forcedColors ?? 'none' });
  await tab.setViewportSize({ width, height: 900 });
  // A colour that still moves to the other look is not the one that is read.
  await tab.evaluate('for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish()');
};

/** Rule and place of everything that axe finds on the open page: by all rules in the first look, by those that can differ in the others. */
export const findings = async (tab: Page, looks: readonly Look[], tags = standards): Promise<string[]> => {
  await tab.evaluate(axe.source);
  const found: string[] = [];
  for (const look of looks) {
    await turn(tab, look);
    const runOnly = look === looks[0] ? { type: 'tag', values: tags } : { type: 'rule', values: ofLooks };
    const options = JSON.stringify({ runOnly, resultTypes: ['violations'] });
    const { violations } = (await tab.evaluate(`axe.run(document, ${options})`)) as axe.AxeResults;
    for (const { id, nodes } of violations)
      found.push(`${tab.url()} ${Object.values(look).join(' ')}: ${id} ${nodes.map(({ target }) => target).join(' ')}`);
  }
  return found;
};
