import { decidersOf } from '../../domain/deciders.ts';
import { handlerOf } from '../../domain/hand-over.ts';
import { isMine, type Summary } from '../../domain/overview.ts';
import { list } from '../format.ts';
import type { StaffFrame } from './frame.tsx';
import { overviewTexts } from './texts.ts';

/** Who has the next move, as the viewer would say it: a decision that somebody else has goes by their name. */
export const waitsInWords = (each: Summary, { viewer, config, language }: StaffFrame): string => {
  const other = each.waits === 'dpo' && viewer && !isMine(each, viewer);
  if (!other) return overviewTexts(language)(`overview.waits-${each.waits}`);
  const asked = decidersOf(config).filter(({ key }) => each.asked?.includes(key));
  const names = asked.map(({ name }) => name);
  return names.length > 0 ? list(names, language) : (handlerOf(each.handedTo, config)?.name ?? '');
};
