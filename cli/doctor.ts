import { Resolver } from 'node:dns/promises';
import type { Command } from 'commander';
import { type Asked, type Known, steps } from './doctor-steps.ts';
import { exitCodes } from './exit.ts';

interface Options {
  readonly stack: string;
  readonly folder: string;
  readonly nameServer?: string;
  readonly json?: boolean;
}

const examine = async ({ stack, folder, nameServer }: Options) => {
  const names = new Resolver();
  if (nameServer) names.setServers([nameServer]);
  const textsOf = async (name: string): Promise<string[]> => {
    const found = await names.resolveTxt(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return [];
      throw error;
    });
    return found.map((parts) => parts.join(''));
  };
  const asked: Asked = { stack, folder, textsOf };
  // Each step fills in what the next ones need.
  const known = asked as Known;
  const done: string[] = [];
  for (const [step, look] of steps) {
    const todo = await look(known);
    if (todo) return { done, next: { step, todo: todo[0], lines: todo.slice(1) } };
    done.push(step);
  }
  return { done, next: null };
};

const doctor = async (options: Options): Promise<void> => {
  const { done, next } = await examine(options);
  const said = done.map((step) => `done  ${step}`);
  if (next) said.push(`next  ${next.step}: ${next.todo}`, ...next.lines.map((line) => `      ${line}`));
  else said.push('nothing is missing: send yourself a request');
  process.stdout.write(options.json ? `${JSON.stringify({ done, next })}\n` : `${said.join('\n')}\n`);
  if (next) process.exitCode = exitCodes.findings;
};

/** `privacy doctor`: the next missing step of a deployment, exit 3 when there is one. */
export const registerDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'the next missing step of a deployment, with your AWS credentials; changes nothing (exit 3 with a step)',
    )
    .option('--stack <name>', 'the deployment', 'Privacy')
    .option('--folder <path>', 'where privacy.config.yaml and systems/ are', '.')
    .option('--name-server <address>', 'whom to ask for DNS records: a change takes hours to reach everybody')
    .option('--json', 'for machines')
    .action(doctor);
};
