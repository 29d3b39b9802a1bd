import type { Command } from 'commander';
import { type BreachClock, type BreachFacts, breachClock, InvalidBreachFacts } from '../domain/breach-clock.ts';
import { readController } from './controller.ts';
import { UsageError } from './exit.ts';

interface Options {
  readonly aware: string;
  readonly timezone?: string;
  readonly json?: boolean;
}

const optionOf: Readonly<Record<keyof BreachFacts, string>> = { awareAt: '--aware', timeZone: '--timezone' };

function clockOrUsageError(facts: BreachFacts): BreachClock {
  try {
    return breachClock(facts);
  } catch (error) {
    if (!(error instanceof InvalidBreachFacts)) throw error;
    throw new UsageError(error.message.replace(error.field, optionOf[error.field]), { cause: error });
  }
}

/** `privacy breach-clock`: until when a breach is to be notified to the authority. */
export const registerBreachClock = (program: Command): void => {
  program
    .command('breach-clock')
    .description('until when a breach is to be notified to the authority (Art. 33(1) GDPR)')
    .requiredOption('--aware <instant>', 'when the controller became aware, with its offset: 2026-11-20T15:00:00+01:00')
    .option('--timezone <zone>', 'the IANA zone whose hours count (default: of the config, else Europe/Copenhagen)')
    .option('--json', 'machine-readable')
    .action(({ aware, timezone, json }: Options) => {
      const clock = clockOrUsageError({ awareAt: aware, timeZone: timezone ?? readController().timeZone });
      const text = `Target: ${clock.target} (72 hours)\nLegal:  ${clock.legal} (the hour of becoming aware is not counted)\n`;
      process.stdout.write(json ? `${JSON.stringify(clock)}\n` : text);
    });
};
