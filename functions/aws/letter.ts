import * as z from 'zod/mini';
import { LetterNotWritten } from '../../domain/errors.ts';
import { HeldBack } from '../../domain/left-out.ts';
import { AnswerFile, SourceRecord, type StoredFile } from '../../domain/request.ts';
import { smallCall } from './small-call.ts';

/** What the letter's function is given beside the record: where to write, and what of the answer goes out. */
export const LetterOrder = z.object({
  requestId: z.string(),
  attempt: z.string(),
  sources: z.array(SourceRecord),
  heldBack: z.array(HeldBack),
});
export type LetterOrder = z.infer<typeof LetterOrder>;

export type WriteLetter = (order: LetterOrder) => Promise<StoredFile>;

const Said = z.union([AnswerFile, z.object({ errorType: z.string() })]);

/**
 * Has the letter written by the function of its own that the PDF library and its fonts are in; any failure is LetterNotWritten, whose
 * cause stands in that function's log. A state of the workflow would cost two transitions for each answer.
 */
export const letterBy =
  (name: string): WriteLetter =>
  async (order) => {
    const path = `/2015-03-31/functions/${name}/invocations`;
    const answer = await smallCall({ service: 'lambda', path, body: JSON.stringify(order) }).catch(
      () => '{"errorType":"NoAnswer"}',
    );
    const said = Said.parse(JSON.parse(answer));
    if ('errorType' in said) throw new LetterNotWritten(said.errorType);
    return said;
  };
