import type * as z from 'zod/mini';
import { SourceMalformed } from '../domain/errors.ts';

/** Writes where to go on as one opaque text. */
export const packed = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Reads what `packed` wrote. Throws SourceMalformed on anything else. */
export const unpacked = <S extends z.ZodMiniType>(schema: S, cursor: string): z.infer<S> => {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new SourceMalformed('the cursor to go on from is not one of this connector');
  }
};
