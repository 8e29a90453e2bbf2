import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // What Node compiled once is kept for the processes and threads that tests start: without it each strips its types anew.
    env: { NODE_COMPILE_CACHE: new URL('node_modules/.cache/ampbridge-test', import.meta.url).pathname },
    exclude: ['test/faults/**', 'node_modules/**'],
    // Much of it waits for sockets, timers and processes: on two cores one file at a time leaves half of them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
