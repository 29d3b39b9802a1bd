import * as z from 'zod/mini';
import type { Cases } from '../aws/cases.ts';
import { task } from './task.ts';

/** What most steps get: which request. Everything else they read from the record. */
export const OfRequest = z.object({ requestId: z.string() });
export type OfRequest = z.infer<typeof OfRequest>;

/** What the steps after a decision get: which segment carries them, for the decision may have been taken back meanwhile. */
export const OfSegment = z.object({ requestId: z.string(), segment: z.int() });

export interface StepDeps {
  readonly cases: Cases;
  readonly now: () => Date;
}

/** A step that needs no more than the request's id; it answers nothing but that it ran. */
export const step = <D extends StepDeps>(run: (input: OfRequest, deps: D) => Promise<void>) =>
  task({
    input: OfRequest,
    async run(input, deps: D) {
      await run(input, deps);
      return { requestId: input.requestId };
    },
  });
