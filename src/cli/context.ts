/** What a command has of the world: streams, environment, the wish to stop. Tests give their own. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExitCode } from './exit-codes.ts'

export interface CliContext {
  /** Results, one or more whole lines. */
  out(text: string): void
  /** Messages for the person, one or more whole lines. */
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where relative paths start. */
  readonly folder: string
  /** Aborts on SIGINT and SIGTERM. */
  readonly stopping: AbortSignal
  /** Set by a command that ends with something else than 0 without a fault. */
  exitCode: ExitCode
}

export const PACKAGE_FOLDER = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** `npm run` moves to the package's folder and leaves the caller's in INIT_CWD. */
export function callersFolder(env: CliContext['env'], workingFolder: string): string {
  const { INIT_CWD: caller } = env
  return workingFolder === PACKAGE_FOLDER && caller !== undefined && caller !== '' ? caller : workingFolder
}

export function resolvePath(context: CliContext, path: string): string {
  return resolve(context.folder, path)
}

/** A mapping is a name of the library, or a file when it looks like a path. */
export function resolveMapping(context: CliContext, mapping: string): string {
  return /[/\\]|\.ya?ml$/i.test(mapping) ? resolvePath(context, mapping) : mapping
}

/** What --state says, else the first of systemd's $STATE_DIRECTORY, as an absolute path; null when there is neither. */
export function stateFolderOf(context: CliContext, option: string | undefined): string | null {
  const folder = option ?? context.env['STATE_DIRECTORY']?.split(':')[0] ?? ''
  return folder === '' ? null : resolvePath(context, folder)
}
