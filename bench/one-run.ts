import type { Request } from '../domain/request.ts';
import type { Files } from '../functions/aws/files.ts';
import { checkpointsOf } from '../functions/lib/checkpoints.ts';
import type { Run } from '../functions/lib/gathering.ts';

/** A run of a whole function's time. The record would take a key now and then; what is measured is the rows. */
export const oneRun = async (request: Request, files: Files): Promise<Run> => {
  const cases = { checkpoint: async () => undefined, putCheckpoint: async () => {} };
  const time = { getRemainingTimeInMillis: () => 900_000 };
  const checkpoints = await checkpointsOf(
    { ...request, attempt: 'a' },
    { system: 'shop', wave: 0 },
    { cases, files },
    time,
  );
  return { checkpoints, signal: AbortSignal.timeout(840_000) };
};
