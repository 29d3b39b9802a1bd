import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [
            'test/journeys/**',
            'test/browser/**',
            'test/web/browser.test.ts',
            'test/web/package.test.ts',
            'test/threats/**',
            'node_modules/**',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: [
            'test/journeys/**/*.test.ts',
            'test/browser/**/*.test.ts',
            'test/web/browser.test.ts',
            'test/web/package.test.ts',
            'test/threats/**/*.test.ts',
          ],
          // Each file starts a cloud of its own, which uses more than one core and less than two.
          // Real processes race on a shared machine: in CI a journey may have one second try, which test/retried.ts names.
          retry: process.env.CI ? 1 : 0,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
    maxWorkers: 2,
    testTimeout: 30_000,
    // Templates are validated by `npm run synth`; in tests it costs three seconds a file.
    // Processes that tests start read what the first of them compiled.
    env: { CDK_VALIDATION: 'false', NODE_COMPILE_CACHE: join(import.meta.dirname, '.local', 'compiled') },
  },
});
