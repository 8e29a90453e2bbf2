import { defineConfig } from 'vitest/config'
import { FaultReport } from './test/faults/report.ts'

/** The long runs of `npm run faults`: minutes, root, control groups, thousands of kills. Results are kept in docs/faults-last-run.md. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    env: { NODE_COMPILE_CACHE: new URL('node_modules/.cache/ampbridge-test', import.meta.url).pathname },
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['default', new FaultReport()],
  },
})
