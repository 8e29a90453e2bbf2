/** Runs commands in this process and collects what they print. */
import { runCommand } from '../../src/cli/command-line.ts'
import type { CliContext } from '../../src/cli/context.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export function testContext(
  options: { readonly folder?: string; readonly env?: CliContext['env']; readonly stop?: AbortSignal } = {},
) {
  const out: string[] = []
  const err: string[] = []
  const context: CliContext = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    env: options.env ?? {},
    folder: options.folder ?? '/nowhere',
    stopping: options.stop ?? new AbortController().signal,
    exitCode: 0,
  }
  return { context, out, err }
}

export async function ampbridge(
  argv: readonly string[],
  options: Parameters<typeof testContext>[0] = {},
): Promise<Ran> {
  const { context, out, err } = testContext(options)
  const code = await runCommand(argv, context)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
