import { type FormStep, isComplete } from '../../domain/form.ts';
import { answerPage } from './answer.tsx';
import { checkPage } from './check.tsx';
import { detailsPage } from './details.tsx';
import type { StepProps } from './step.tsx';
import { wantPage } from './want.tsx';
import { whoPage } from './who.tsx';
import { youPage } from './you.tsx';

const pages: Readonly<Record<FormStep, (props: StepProps) => string>> = {
  want: wantPage,
  who: whoPage,
  you: youPage,
  details: detailsPage,
  answer: answerPage,
  check: (props) => {
    const { answers } = props;
    return isComplete(answers) ? checkPage({ ...props, answers }) : wantPage({ ...props, step: 'want' });
  },
};

/** One page of the form a person asks with. */
export const formPage = (props: StepProps): string => pages[props.step](props);
