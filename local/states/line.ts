import { StateError } from './errors.ts';
import type { Json, Surroundings, Variables } from './expression.ts';
import type { History, Trail } from './history.ts';
import type { Attempt } from './integration.ts';
import type { Outcome } from './journal.ts';

/** What a line waits for from outside. Times are milliseconds of virtual time. */
export interface Request {
  readonly id: number;
  readonly wakeAt?: number;
  readonly attempt?: Attempt;
  /** The answer comes by SendTaskSuccess or SendTaskFailure with this token. */
  readonly token?: string;
  readonly timeoutAt?: number;
  /** Longest silence between two heartbeats, the first of which is the call itself, at `from`. */
  readonly heartbeat?: { readonly from: number; readonly every: number };
}

/** The execution as its states see it. All of it follows from the journal. */
export interface Run extends Surroundings {
  readonly history: History;
  readonly threads: Threads;
  nextId(): number;
  /** The token of the task with this id. */
  token(id: number): string;
}

/** States whose abort is an event of its own. */
const abortable = ['Task', 'Wait', 'Parallel', 'Map'];

/** One line of states within an execution: the machine itself, a branch of Parallel or an iteration of Map. */
export class Line {
  readonly run: Run;
  readonly trail: Trail;
  /** `$states.context` without what belongs to one state. */
  readonly context: Variables;
  /** What is visible here. Assigning makes a new record: outer lines keep theirs. */
  variables: Variables;
  /** Type of the state that this line is in: what an abort names. */
  open: string | undefined;
  ended = false;
  /** Writes, after the event that `trail` points to, that the line was ended from outside. */
  whenAborted: ((trail: Trail) => void) | undefined;
  readonly inner = new Set<Line>();

  constructor(run: Run, after: number, context: Variables, variables: Variables) {
    this.run = run;
    this.trail = { last: after };
    this.context = context;
    this.variables = variables;
  }

  /** A line inside this one, with a scope of its own. */
  fork(after: number, context: Variables = {}): Line {
    return new Line(this.run, after, { ...this.context, ...context }, this.variables);
  }

  /** Waits until an instant, or not at all when it has passed. */
  async sleep(wakeAt: number): Promise<void> {
    if (wakeAt > this.run.now()) await this.run.threads.ask(this, { id: this.run.nextId(), wakeAt });
  }

  /** Ends the line where it is, because one beside it, or itself, failed with the event that `trail` points to; without a trail, silently. */
  abort(trail?: Trail): void {
    this.ended = true;
    const { history, threads } = this.run;
    for (const [id, { line }] of threads.waiting) if (line === this) threads.waiting.delete(id);
    if (trail) this.whenAborted?.(trail);
    if (trail && this.open && abortable.includes(this.open)) history.addAside(trail, `${this.open}StateAborted`);
    for (const inner of this.inner) inner.abort(trail);
  }
}

interface Waiting {
  readonly line: Line;
  readonly request: Request;
  resume(outcome: Outcome): void;
}

/**
 * Runs the lines of one execution, one at a time, in an order that follows from the answers alone: so a replay of the same answers
 * gives the same history.
 */
export class Threads {
  /** What lines wait for from outside, by id. */
  readonly waiting = new Map<number, Waiting>();
  private readonly ready: { readonly line: Line; go(): void }[] = [];
  private turn = Promise.withResolvers<void>();

  /** Runs until every line waits for an answer or has ended. Rejects with what is no error of the States Language. */
  async run(): Promise<void> {
    for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift()) {
      if (next.line.ended) continue;
      this.turn = Promise.withResolvers();
      next.go();
      await this.turn.promise;
    }
  }

  /** Lets a line begin when it is its turn. */
  start(line: Line, work: () => Promise<void>): void {
    const go = () =>
      void work().then(
        () => this.turn.resolve(),
        (error: Error) => this.turn.reject(error),
      );
    this.ready.push({ line, go });
  }

  /** Waits for what comes from outside. */
  ask(line: Line, request: Request): Promise<Outcome> {
    return this.pause(line, (resume) => this.waiting.set(request.id, { line, request, resume }));
  }

  /** Answers what is waited for with this id; false when nothing does any more. */
  answer(id: number, outcome: Outcome): boolean {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.resume(outcome);
    return waiting !== undefined;
  }

  /** Runs lines side by side, at most `limit` at once; answers their outputs in order. The first failure ends the others. */
  fork(
    outer: Line,
    count: number,
    limit: number,
    open: (index: number) => Line,
    work: (line: Line, index: number) => Promise<Json>,
  ): Promise<Json[]> {
    const outputs: Json[] = [];
    let [begun, ended] = [0, 0];
    return this.pause(outer, (resolve, reject) => {
      const next = () => {
        if (begun === count) return;
        const index = begun++;
        const line = open(index);
        outer.inner.add(line);
        this.start(line, () => work(line, index).then(succeeded(line, index), failed(line)));
      };
      const succeeded = (line: Line, index: number) => (output: Json) => {
        outputs[index] = output;
        leave(outer, line);
        ended += 1;
        if (ended === count) resolve(outputs);
        else next();
      };
      const failed = (line: Line) => (error: unknown) => {
        leave(outer, line);
        // The state that failed is aborted too: so AWS writes it.
        const isFinal = !(error instanceof StateError) || error.isFinal;
        for (const each of [line, ...outer.inner]) each.abort(isFinal ? undefined : outer.trail);
        outer.inner.clear();
        reject(error);
      };
      if (count === 0) resolve(outputs);
      while (begun < Math.min(count, limit)) next();
    });
  }

  /** Gives the turn away; the line goes on in a turn after it was answered. */
  private pause<T>(line: Line, arrange: (resolve: (value: T) => void, reject: (error: unknown) => void) => void) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    arrange(
      (value) => this.ready.push({ line, go: () => resolve(value) }),
      (error) => this.ready.push({ line, go: () => reject(error) }),
    );
    this.turn.resolve();
    return promise;
  }
}

/** What comes next in the outer line follows the last event of the one that ended. */
function leave(outer: Line, line: Line): void {
  outer.inner.delete(line);
  outer.trail.last = line.trail.last;
}
