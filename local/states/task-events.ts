import type { Branch } from './branch.ts';
import type { Json } from './flow.ts';
import { dataOf } from './history.ts';
import type { Integration } from './integration.ts';

/** Writes the events of one attempt of a task. */
export interface TaskEvents {
  readonly resource: string;
  scheduled(
    input: Json,
    limits: { readonly timeout: number | undefined; readonly heartbeat: number | undefined },
  ): void;
  started(): void;
  submitted(output: Json): void;
  succeeded(output: Json): void;
  failed(error: string | undefined, cause: string | undefined): void;
  timedOut(error: string): void;
}

/** A function's own ARN has the events of Lambda; every other integration has those of tasks. */
export function taskEvents({ run, trail }: Branch, { resource, resourceType }: Integration): TaskEvents {
  const bare = resourceType === undefined;
  const prefix = bare ? 'LambdaFunction' : 'Task';
  const named = bare ? {} : { resource, resourceType };
  const add = (event: string, details: object) => {
    const all = { ...details, ...named };
    run.history.add(trail, prefix + event, Object.keys(all).length === 0 ? undefined : all);
  };
  return {
    resource,
    scheduled: (input, limits) => {
      const what = bare
        ? { ...dataOf('input', input), resource }
        : { parameters: JSON.stringify(input), region: 'eu-west-1' };
      add('Scheduled', { ...what, ...secondsOf(limits) });
    },
    started: () => add('Started', {}),
    submitted: (output) => add('Submitted', dataOf('output', output)),
    succeeded: (output) => add('Succeeded', dataOf('output', output)),
    failed: (error, cause) =>
      add('Failed', { ...(cause !== undefined && { cause }), ...(error !== undefined && { error }) }),
    timedOut: (error) => add('TimedOut', { error }),
  };
}

function secondsOf({ timeout, heartbeat }: Parameters<TaskEvents['scheduled']>[1]) {
  return {
    ...(timeout !== undefined && { timeoutInSeconds: timeout }),
    ...(heartbeat !== undefined && { heartbeatInSeconds: heartbeat }),
  };
}
