import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Journeys and the browser start whole clouds: one file at a time on two cores keeps their times honest.
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
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
    maxWorkers: 2,
    testTimeout: 30_000,
    // Templates are validated by `npm run synth`; in tests it costs three seconds a file.
    env: { CDK_VALIDATION: 'false' },
  },
});
