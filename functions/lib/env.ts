import * as z from 'zod/mini';

const name = z.string().check(z.minLength(1));

/** Every variable that a function may read. `infra/` supplies them, typed by this; each function picks what it needs. */
export const Env = z.object({
  REQUESTS_TABLE: name,
  COUNTERS_TABLE: name,
  EVIDENCE_BUCKET: name,
  /** Holds what nobody can change: audit anchors and the purge ledger. */
  AUDIT_BUCKET: name,
  /** Key in KMS that signs audit anchors. */
  AUDIT_KEY: name,
  /** Topic that wakes the dispatcher, which sends what the outbox holds and starts segments. */
  WAKE_TOPIC: name,
  /** The second channel of what must not be missed. */
  ESCALATION_TOPIC: name,
  STATE_MACHINE: name,
  /** The function that writes the letter of an answer. */
  LETTER_FUNCTION: name,
  /** HMAC key in KMS that pseudonyms and seals are derived from. */
  PSEUDONYM_KEY: name,
  /** Where people reach the site: every link and the Origin check come from here, never from a header. */
  BASE_URL: name,
  CONFIGURATION_SET: name,
  /** The system that a gather function asks. */
  SYSTEM: name,
  /** Set off AWS only: connectors may talk to this machine (decisions.md 17). */
  ALLOW_LOOPBACK: name,
  /** Where Lambda keeps Amazon's root certificates, for databases in RDS. */
  NODE_EXTRA_CA_CERTS: name,
});
export type Env = z.infer<typeof Env>;

/** The variables a function needs, checked once per process; a missing one is named. */
export const env = <K extends keyof Env>(...names: readonly K[]): Pick<Env, K> => {
  const parsed = z.partial(Env).parse(process.env);
  const missing = names.filter((key) => parsed[key] === undefined);
  if (missing.length > 0) throw new Error(`missing variables: ${missing.join(', ')}`);
  return parsed as Pick<Env, K>;
};
