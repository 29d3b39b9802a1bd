import cyrillicRegular from '@fontsource/source-sans-3/files/source-sans-3-cyrillic-400-normal.woff';
import cyrillicBold from '@fontsource/source-sans-3/files/source-sans-3-cyrillic-600-normal.woff';
import cyrillicExtRegular from '@fontsource/source-sans-3/files/source-sans-3-cyrillic-ext-400-normal.woff';
import cyrillicExtBold from '@fontsource/source-sans-3/files/source-sans-3-cyrillic-ext-600-normal.woff';
import greekRegular from '@fontsource/source-sans-3/files/source-sans-3-greek-400-normal.woff';
import greekBold from '@fontsource/source-sans-3/files/source-sans-3-greek-600-normal.woff';
import greekExtRegular from '@fontsource/source-sans-3/files/source-sans-3-greek-ext-400-normal.woff';
import greekExtBold from '@fontsource/source-sans-3/files/source-sans-3-greek-ext-600-normal.woff';
import latinRegular from '@fontsource/source-sans-3/files/source-sans-3-latin-400-normal.woff';
import latinBold from '@fontsource/source-sans-3/files/source-sans-3-latin-600-normal.woff';
import moreRegular from '@fontsource/source-sans-3/files/source-sans-3-latin-ext-400-normal.woff';
import moreBold from '@fontsource/source-sans-3/files/source-sans-3-latin-ext-600-normal.woff';
import vietnameseRegular from '@fontsource/source-sans-3/files/source-sans-3-vietnamese-400-normal.woff';
import vietnameseBold from '@fontsource/source-sans-3/files/source-sans-3-vietnamese-600-normal.woff';
import type { Fonts } from '../../web/package/pdf.ts';

/** Source Sans 3 (SIL Open Font License 1.1), in the bundle: names of people are in more letters than Danish has. */
export const letterFonts: Fonts = {
  regular: [
    latinRegular,
    moreRegular,
    vietnameseRegular,
    greekRegular,
    greekExtRegular,
    cyrillicRegular,
    cyrillicExtRegular,
  ],
  bold: [latinBold, moreBold, vietnameseBold, greekBold, greekExtBold, cyrillicBold, cyrillicExtBold],
};
