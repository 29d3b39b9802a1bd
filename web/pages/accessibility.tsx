import { Contact } from '../components.tsx';
import type { Frame } from '../frame.ts';
import { page } from '../layout.tsx';
import { t } from '../person-text.ts';

/** What the pages hold themselves to, how that is tested, and whom to tell when they fail somebody. */
export const accessibilityPage = (frame: Frame): string => {
  const text = t(frame.language);
  const { name } = frame.config.organisation;
  return page({
    frame,
    title: text('accessibility.title'),
    children: (
      <>
        <h1>{text('accessibility.title')}</h1>
        <p class="lead">{text('accessibility.lead', { organisation: name })}</p>
        <h2>{text('accessibility.can')}</h2>
        <ul>
          <li>{text('accessibility.can-zoom')}</li>
          <li>{text('accessibility.can-keyboard')}</li>
          <li>{text('accessibility.can-reader')}</li>
          <li>{text('accessibility.can-colours')}</li>
          <li>{text('accessibility.can-script')}</li>
        </ul>
        <h2>{text('accessibility.tested')}</h2>
        <p>{text('accessibility.tested-lead')}</p>
        <p>{text('accessibility.tested-limits')}</p>
        <h2>{text('accessibility.tell')}</h2>
        <p>{text('accessibility.tell-lead')}</p>
        <Contact frame={frame} />
      </>
    ),
  });
};
