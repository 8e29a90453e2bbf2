/** The log as the site uses it; pino fits. Fields are for programs, the text is for people. No secret in either. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }
