import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Tests that start one program or token host after the other: what runs in them is measured elsewhere too, and without that
 * they can load code that an earlier process compiled.
 */
const STARTING_MUCH = [
  ...['start', 'start-proxy', 'device-guides', 'pin-latch'].map((name) => `test/cli/${name}.test.ts`),
  'test/contract/return-values.test.ts',
];

/** SoftHSM2 recovers in test/contract; the other tokens do so in the nightly run. */
const LONG_RECOVERY = 'test/tokens/recovery.test.ts';

const PROJECTS = [
  { name: 'architecture', include: ['test/architecture/**/*.test.ts'] },
  {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    // One process for many files: starting one, and writing its coverage, takes longer than most files' tests.
    isolate: false,
  },
  {
    name: 'edge',
    include: ['test/edge/**/*.test.ts'],
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
  },
  {
    name: 'contract',
    include: ['test/contract/**/*.test.ts'],
    exclude: STARTING_MUCH,
    retry: 1,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  {
    name: 'tokens',
    include: ['test/tokens/**/*.test.ts'],
    exclude: [LONG_RECOVERY],
    retry: 1,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  {
    name: 'recovery',
    include: [LONG_RECOVERY],
    retry: 1,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  {
    name: 'device',
    include: ['test/device/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
  {
    name: 'cli',
    include: ['test/cli/**/*.test.ts'],
    exclude: STARTING_MUCH,
    retry: 1,
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
  {
    name: 'starts',
    include: STARTING_MUCH,
    retry: 1,
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
  {
    name: 'clients',
    include: ['test/clients/**/*.test.ts'],
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  {
    name: 'fuzz',
    include: ['test/fuzz/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
  },
  {
    name: 'chaos',
    include: ['test/chaos/**/*.test.ts'],
    retry: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
];

/**
 * Test files run on Node.js itself, types stripped as in production, without a bundler in between. Coverage
 * then comes from V8 alike for tests and for the processes they start (NODE_V8_COVERAGE, see tools/coverage.ts).
 * Where real processes race real time on a busy machine, a test may try once more; `npm test` names each that did.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: ['./test/support/coverage.ts'],
    restoreMocks: true,
    // Projects with other numbers of workers can be asked for together only one after the other.
    projects: PROJECTS.map((test, groupOrder) => ({
      extends: true,
      test: { ...test, sequence: { groupOrder } },
    })),
  },
});
