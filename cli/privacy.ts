#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { exitCodes, UsageError } from './exit.ts';

type Register = (program: Command) => void;

/**
 * Modules by the commands that they add. Only what is called is loaded, everything for help; what is slow to load (AWS clients, bundles) is
 * imported inside the action.
 */
const modules: readonly (readonly [commands: readonly string[], load: () => Promise<Register>])[] = [
  [['deadline'], async () => (await import('./deadline.ts')).registerDeadline],
  [['breach-clock'], async () => (await import('./breach-clock.ts')).registerBreachClock],
  [['email'], async () => (await import('./email.ts')).registerEmail],
  [['package'], async () => (await import('./package.ts')).registerPackage],
  [['map'], async () => (await import('./map.ts')).registerMap],
  [['connector'], async () => (await import('./connector.ts')).registerConnector],
  [['purge', 'hold'], async () => (await import('./purge.ts')).registerPurge],
  [['audit'], async () => (await import('./audit.ts')).registerAudit],
  [['doctor'], async () => (await import('./doctor.ts')).registerDoctor],
];

async function privacyProgram(): Promise<Command> {
  const program = new Command('privacy').description('Privacy@: data on stdout, talk on stderr').exitOverride();
  program.configureHelp({ sortSubcommands: true }).showHelpAfterError('(--help shows how)');
  const called = modules.filter(([commands]) => commands.includes(process.argv[2] ?? ''));
  for (const [, load] of called.length > 0 ? called : modules) (await load())(program);
  return program;
}

function exitCodeOf(error: unknown): number {
  // Commander has already said what is wrong; asked for help, it exits with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  process.stderr.write(`privacy: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

// What one call compiled, the next ones read: in a folder that nobody else writes to.
enableCompileCache(join(import.meta.dirname, '..', '.local', 'compiled'));
try {
  await (await privacyProgram()).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
