/** What the exit status says; scripts rely on it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, findings: 3 } as const;

/** The command was called wrongly: the message names the option; exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
