import { type Command, Option } from 'commander';
import {
  type Deadline,
  type DeadlineFacts,
  deadlineOf,
  InvalidDeadlineFacts,
  type Suspension,
  type SuspensionPolicy,
} from '../domain/deadline.ts';
import { deadlineWords } from '../web/deadline-words.ts';
import { readController, zoneFor } from './controller.ts';
import { UsageError } from './exit.ts';

interface Options {
  readonly received: string;
  readonly country?: string;
  readonly timezone?: string;
  readonly extended?: boolean;
  readonly refusal?: boolean;
  readonly suspended: readonly Suspension[];
  readonly policy?: SuspensionPolicy;
  readonly json?: boolean;
}

const optionOf: Readonly<Record<keyof DeadlineFacts, string>> = {
  receivedAt: '--received',
  country: '--country',
  timeZone: '--timezone',
  extended: '--extended',
  refusal: '--refusal',
  suspensions: '--suspended',
  policy: '--policy',
};

function suspensionOf(text: string, before: readonly Suspension[]): Suspension[] {
  const [, asked, answered] = /^([^.]+)\.\.([^.]*)$/.exec(text) ?? [];
  if (!asked) throw new UsageError(`--suspended: "${text}" is not ASKED..ANSWERED, such as 2026-02-02..2026-02-05`);
  return [...before, { asked, answered: answered || undefined }];
}

function refuseBareTime(received: string): void {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(received)) return;
  throw new UsageError(
    `--received: "${received}" names no single moment: add its time and offset, as in 2026-01-31T13:00:00+01:00 or 2026-01-31T12:00:00Z`,
  );
}

function factsOf(options: Options): DeadlineFacts {
  const controller = readController();
  refuseBareTime(options.received);
  return {
    receivedAt: options.received,
    country: options.country ?? controller.country,
    timeZone: options.timezone ?? zoneFor(options.country, controller),
    extended: options.extended,
    refusal: options.refusal,
    suspensions: options.suspended,
    policy: options.policy ?? controller.suspensionPolicy,
  };
}

function deadlineOrUsageError(facts: DeadlineFacts): Deadline {
  try {
    return deadlineOf(facts);
  } catch (error) {
    if (!(error instanceof InvalidDeadlineFacts)) throw error;
    throw new UsageError(error.message.replace(error.field, optionOf[error.field]), { cause: error });
  }
}

const wordsOf = ({ derivation }: Deadline): string[] => derivation.map((step) => deadlineWords(step, 'en'));

const textOf = (deadline: Deadline): string =>
  [
    `Due:                      ${deadline.due}, before ${deadline.dueExclusive}`,
    `Shown to the person:      ${deadline.strictDate}`,
    `Without any suspension:   ${deadline.dueWithoutSuspension}`,
    `Notice of an extension:   ${deadline.firstMonthEnd}`,
    `Internal target:          ${deadline.internalTarget}`,
    '',
    ...wordsOf(deadline).map((line) => `- ${line}`),
    `- rules ${deadline.rulesVersion}, public holidays ${deadline.holidayListVersion}`,
    '',
  ].join('\n');

const jsonOf = (deadline: Deadline): string => `${JSON.stringify({ ...deadline, derivation: wordsOf(deadline) })}\n`;

/** `privacy deadline`: until when a request is to be answered, and why. */
export const registerDeadline = (program: Command): void => {
  program
    .command('deadline')
    .description('until when a request is to be answered (Art. 12(3) and 12(4) GDPR), and why')
    .requiredOption('--received <instant>', 'when the request arrived, with its offset: 2026-01-31T13:00:00+01:00')
    .option('--country <code>', 'whose public holidays: DK, DE, GB-EAW ... (default: of the config, else DK)')
    .option('--timezone <zone>', 'the IANA zone that decides which day it is (default: of the config or the country)')
    .option('--extended', 'extended by two further months')
    .option('--refusal', 'the notice of a refusal: one month, no extension')
    .option('--suspended <asked..answered>', 'waiting for an answer of the person; may be repeated', suspensionOf, [])
    .addOption(new Option('--policy <name>', 'what waiting does').choices(['suspend', 'restart', 'uk-pause']))
    .option('--json', 'machine-readable')
    .action((options: Options) => {
      const deadline = deadlineOrUsageError(factsOf(options));
      process.stdout.write(options.json ? jsonOf(deadline) : textOf(deadline));
    });
};
