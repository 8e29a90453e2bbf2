import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // What Node compiled once is kept for the processes and threads that tests start: without it each strips its types anew.
    env: { NODE_COMPILE_CACHE: new URL('node_modules/.cache/ampbridge-test', import.meta.url).pathname },
    exclude: ['test/faults/**', 'node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
