import { afterEach, describe, expect, test, vi } from 'vitest';
import { openQueues } from '../../local/queues.ts';
import { openScheduler, type Schedule } from '../../local/scheduler.ts';
import { AwsError, type InvokeResult } from '../../local/service.ts';
import { memoryStore, stillClock } from './small-gateway.ts';

const dead = 'arn:aws:sqs:eu-west-1:123456789012:dead';
const watchdog: Schedule = {
  name: 'Watchdog',
  arn: 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/Watchdog',
  expression: 'rate(1 hour)',
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:Watchdog',
  input: '{"at":"<aws.scheduler.scheduled-time>","attempt":<aws.scheduler.attempt-number>}',
  deadLetterArn: dead,
};

type Answer = () => InvokeResult | Promise<InvokeResult>;

function start(schedule: Partial<Schedule> = {}, answer: Answer = () => ({ ok: true, payload: 'null' })) {
  const store = memoryStore();
  const counter = { writes: 0 };
  const open = (clock: ReturnType<typeof stillClock>) => {
    const ticks: string[] = [];
    const queues = openQueues({ store: store.sub('queues'), clock, queues: [dead] });
    const scheduler = openScheduler({
      store: store.sub('scheduler'),
      clock,
      schedules: [{ ...watchdog, ...schedule }],
      queues,
      reads: {
        observe() {
          const before = counter.writes;
          return () => counter.writes !== before;
        },
      },
      async invoke(_arn, payload) {
        ticks.push(payload);
        return answer();
      },
    });
    const times = () => ticks.map((payload) => JSON.parse(payload).at as string);
    return { clock, scheduler, ticks, times, queues };
  };
  return { open, counter };
}

afterEach(() => void vi.restoreAllMocks());

describe('a rate', () => {
  test('invokes the function each period with its input filled in', async () => {
    const { clock, scheduler, ticks } = start().open(stillClock());
    await scheduler.start();
    await clock.move(new Date('2026-01-31T14:30:00Z'));
    expect(ticks).toEqual(['{"at":"2026-01-31T13:00:00Z","attempt":1}', '{"at":"2026-01-31T14:00:00Z","attempt":1}']);
  });

  test('keeps its beat over a restart and makes up for all missed ticks with one', async () => {
    const { open } = start();
    const before = open(stillClock());
    await before.scheduler.start();
    await before.clock.move(new Date('2026-01-31T13:10:00Z'));
    await before.scheduler.close?.();
    const after = open(stillClock('2026-01-31T17:20:00Z'));
    await after.scheduler.start();
    await after.clock.move(new Date('2026-01-31T18:00:00Z'));
    expect([before.times(), after.times()]).toEqual([
      ['2026-01-31T13:00:00Z'],
      ['2026-01-31T14:00:00Z', '2026-01-31T18:00:00Z'],
    ]);
  });

  test('stops with the process', async () => {
    const { clock, scheduler, ticks } = start().open(stillClock());
    await scheduler.start();
    await scheduler.close?.();
    await clock.move(new Date('2026-02-01T12:00:00Z'));
    expect(ticks).toEqual([]);
  });
});

test.each(['cron(0 3 * * ? *)', 'rate(1 hourz)', 'rate(0 minutes)', 'at(2026-01-31T13:00:00)'])(
  '%s is refused at load, by name',
  (expression) => {
    expect(() => start({ expression }).open(stillClock())).toThrow(
      `Watchdog: the local cloud does not model ${expression}`,
    );
  },
);

describe('an idle function', () => {
  const twoMonths = new Date('2026-03-31T12:00:00Z');
  const idle =
    (until: string): Answer =>
    () => ({ ok: true, payload: JSON.stringify({ idleUntil: until }) });

  test('costs one invocation over two months, and the ticks left out are counted', async () => {
    const { clock, scheduler, ticks } = start({}, idle('2026-12-31T00:00:00Z')).open(stillClock());
    await scheduler.start();
    await clock.move(twoMonths);
    expect([ticks.length, scheduler.coalesced()]).toEqual([1, 59 * 24 - 1]);
  });

  test('is invoked again from the instant it named', async () => {
    const { clock, scheduler, times } = start({}, idle('2026-02-10T09:30:00Z')).open(stillClock());
    await scheduler.start();
    await clock.move(new Date('2026-02-10T10:59:00Z'));
    expect(times()).toEqual(['2026-01-31T13:00:00Z', '2026-02-10T10:00:00Z']);
  });

  test('is invoked again at the next tick once what it saw has changed', async () => {
    const { open, counter } = start({}, idle('2026-12-31T00:00:00Z'));
    const { clock, scheduler, times } = open(stillClock());
    await scheduler.start();
    await clock.move(new Date('2026-02-01T12:30:00Z'));
    counter.writes += 1;
    await clock.move(twoMonths);
    expect(times()).toEqual(['2026-01-31T13:00:00Z', '2026-02-01T13:00:00Z']);
  });

  test('is not believed when something changed while it looked', async () => {
    const { open, counter } = start({}, () => {
      counter.writes += 1;
      return { ok: true, payload: '{"idleUntil":"2026-12-31T00:00:00Z"}' };
    });
    const { clock, scheduler, times } = open(stillClock());
    await scheduler.start();
    await clock.move(new Date('2026-01-31T15:00:00Z'));
    expect(times()).toHaveLength(3);
  });
});

describe('an invocation that fails', () => {
  const error = { errorType: 'Sandbox.Timedout', errorMessage: 'timed out' };

  test.each([
    ['with an error of the function', () => ({ ok: false, error }) as const],
    ['by refusal', () => Promise.reject(new AwsError('TooManyRequestsException', 'Rate exceeded', 429))],
  ])('%s is tried again as its retry policy says, then put in the dead letter queue', async (_how, fail: Answer) => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const RetryPolicy = { MaximumRetryAttempts: 2 };
    const { clock, scheduler, ticks, queues } = start({ expression: 'rate(1 day)', RetryPolicy }, fail).open(
      stillClock(),
    );
    await scheduler.start();
    await clock.move(new Date('2026-02-01T23:00:00Z'));
    expect(ticks.map((payload) => JSON.parse(payload).attempt)).toEqual([1, 2, 3]);
    expect((await queues.list())[0]?.messages).toHaveLength(1);
    expect(said).toHaveBeenCalledOnce();
  });

  test('is tried again after a restart', async () => {
    let answers: InvokeResult = { ok: false, error };
    const { open } = start({ expression: 'rate(1 day)' }, () => answers);
    const before = open(stillClock());
    await before.scheduler.start();
    await before.clock.move(new Date('2026-02-01T12:00:30Z'));
    answers = { ok: true, payload: 'null' };
    const after = open(stillClock('2026-02-01T12:00:40Z'));
    await after.scheduler.start();
    await after.clock.move(new Date('2026-02-01T20:00:00Z'));
    expect([before.ticks, after.ticks].map((ticks) => ticks.map((payload) => JSON.parse(payload).attempt))).toEqual([
      [1],
      [2],
    ]);
  });

  test('is given up when it is older than the policy allows', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const RetryPolicy = { MaximumEventAgeInSeconds: 600 };
    const fail = () => ({ ok: false, error }) as const;
    const { clock, scheduler, ticks } = start({ expression: 'rate(1 day)', RetryPolicy }, fail).open(stillClock());
    await scheduler.start();
    await clock.move(new Date('2026-02-02T11:00:00Z'));
    expect(ticks).toHaveLength(4);
  });
});
