import { defineConfig } from 'vitest/config'

/** The long runs of `npm run faults`: minutes, root, namespaces, thousands of kills. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
