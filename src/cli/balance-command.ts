import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { UsageError } from './options.ts'

export function addBalanceCommand(program: Command, context: CliContext): void {
  program
    .command('balance')
    .summary('share current for a planner’s simulation')
    .description(
      'Reads a site and its ticks as JSON lines from standard input and answers each with set-points, by the very code that runs a site ' +
        '(docs/planner.md has the lines). With $BALANCE_STATE_DIR the turns of its cars survive a restart.',
    )
    .action(() => balance(context))
}

async function balance(context: CliContext): Promise<void> {
  const { playPlannerText } = await import('../site/facade.ts')
  const folder = context.env['BALANCE_STATE_DIR']
  const path = folder === undefined || folder === '' ? null : join(folder, 'balance.json')
  await playPlannerText(standardInput(context.stopping), {
    say: (line) => context.out(line),
    recall: () => (path === null ? null : readMemory(path)),
    keep: (memory) => {
      if (path !== null) writeMemory(path, memory)
    },
    clock: () => performance.now(),
  })
}

/** As text; it ends when the command is stopped. */
async function* standardInput(stopping: AbortSignal): AsyncGenerator<string> {
  const input = addAbortSignal(stopping, process.stdin.setEncoding('utf8'))
  try {
    for await (const piece of input) yield String(piece)
  } catch (error) {
    if (!stopping.aborted) throw error
  }
}

/** Nothing unsafe depends on it: a memory that cannot be read is as none. */
function readMemory(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

function writeMemory(path: string, memory: string): void {
  try {
    writeFileSync(`${path}.new`, memory)
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw new UsageError(`$BALANCE_STATE_DIR: ${error instanceof Error ? error.message : String(error)}`)
  }
}
