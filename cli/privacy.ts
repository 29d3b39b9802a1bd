#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerAudit } from './audit.ts';
import { registerBreachClock } from './breach-clock.ts';
import { registerConnector } from './connector.ts';
import { registerDeadline } from './deadline.ts';
import { registerDoctor } from './doctor.ts';
import { registerEmail } from './email.ts';
import { exitCodes, UsageError } from './exit.ts';
import { registerMap } from './map.ts';
import { registerPackage } from './package.ts';
import { registerPurge } from './purge.ts';

// Each adds its command; what is slow to load (AWS clients, bundles) is imported inside the action.
const registrations: readonly ((program: Command) => void)[] = [
  registerDeadline,
  registerBreachClock,
  registerEmail,
  registerPackage,
  registerMap,
  registerConnector,
  registerPurge,
  registerAudit,
  registerDoctor,
];

function privacyProgram(): Command {
  const program = new Command('privacy').description('Privacy@: data on stdout, talk on stderr').exitOverride();
  program.configureHelp({ sortSubcommands: true }).showHelpAfterError('(--help shows how)');
  for (const register of registrations) register(program);
  return program;
}

function exitCodeOf(error: unknown): number {
  // Commander has already said what is wrong; asked for help, it exits with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  process.stderr.write(`privacy: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

try {
  await privacyProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
