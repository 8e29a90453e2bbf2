/** What a long run measured, for the table of results. */
import type { TestContext } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    found?: string
  }
}

export function note(context: TestContext, found: string): void {
  context.task.meta.found = context.task.meta.found === undefined ? found : `${context.task.meta.found}; ${found}`
}
