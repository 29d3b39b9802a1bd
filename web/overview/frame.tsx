import type { Viewer } from '../../domain/overview.ts';
import { Link } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { overviewTexts } from './texts.ts';

/** What the pages of those who signed in are told beside: who it is, and which month it is. */
export interface StaffFrame extends Frame {
  readonly who: string;
  /** Absent for staff who decide nothing. */
  readonly viewer?: Viewer | undefined;
  /** `2026-11`. */
  readonly month: string;
}

/** Stands above each of those pages. */
export const StaffWays = ({ frame }: { frame: StaffFrame }) => {
  const text = overviewTexts(frame.language);
  return (
    <ul class="ways">
      <li>
        <Link to={inLanguage(frame, '/dpo')}>{text('overview.title')}</Link>
      </li>
      <li>
        <Link to={inLanguage(frame, `/dpo/report/${frame.month}`)}>{text('report.link')}</Link>
      </li>
      <li class="ways-who">{frame.who}</li>
      <li>
        <Link to={inLanguage(frame, '/dpo/sign-out')}>{text('sign-in.leave')}</Link>
      </li>
    </ul>
  );
};
