import type { Reporter, TestCase } from 'vitest/node';

/** Names each test that passed at its second try, with what failed at the first: a reporter, which prints when all have run. */
export default class Retried implements Reporter {
  private readonly found: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.retryCount || !test.ok()) return;
    const why = test.result().errors?.map(({ message }) => message.split('\n')[0]) ?? [];
    this.found.push(`RETRIED ${test.module.relativeModuleId} > ${test.fullName}\n  ${why.join('\n  ')}`);
  }

  onTestRunEnd(): void {
    for (const each of this.found) console.log(`\n${each}`);
  }
}
