import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { failureName } from '../aws/outage.ts';
import { log } from './log.ts';

/** One step of the workflow: what it accepts, and what it does with it. */
export interface Task<I extends z.ZodMiniType, D> {
  readonly input: I;
  run(input: z.output<I>, deps: D, time: Time): Promise<unknown>;
}

/** `idleUntil` of a scheduled function that has nothing to do until somebody writes. */
export const never = '9999-12-31T00:00:00.000Z';

/** What is left of the time that a function has. */
export type Time = Pick<Context, 'getRemainingTimeInMillis'>;

export const task = <I extends z.ZodMiniType, D>(definition: Task<I, D>): Task<I, D> => definition;

/** An error leaves with its name only, which is what `Catch` and `Retry` match on: a message would stay in the history for 90 days. */
class Nameless extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
    this.stack = name;
  }
}

const namesOnly = {
  onError: (request: { error: Error | null; event: unknown }) => {
    const name = failureName(request.error);
    const { requestId } = (request.event ?? {}) as { requestId?: string };
    log.error('step failed', { error: name, ...(requestId ? { requestId } : {}) });
    throw new Nameless(name);
  },
};

/** Binds a task to Lambda: the event is parsed, the dependencies are built once per process. */
export const onTask = <I extends z.ZodMiniType, D>({ input, run }: Task<I, D>, deps: () => D) => {
  let built: D | undefined;
  return middy<unknown, unknown>()
    .use(namesOnly)
    .handler(async (event, context) => {
      built ??= deps();
      return run(input.parse(event), built, context);
    });
};
