import { defineConfig } from 'vitest/config'

/** The long runs of `npm run faults`: minutes, root, namespaces, thousands of kills. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
