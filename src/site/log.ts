/** The log as the site uses it; pino fits. Fields are for programs, the text is for people. No secret in either. */
import { toBridgeError } from '../model/errors.ts'

export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** A fault that stops nothing. `what`: what did not go well, in words. */
export function logFault(log: Log, error: unknown, what: string): void {
  const problem = toBridgeError(error)
  log.warn({ code: problem.code }, `${what}: ${problem.message}`)
}
