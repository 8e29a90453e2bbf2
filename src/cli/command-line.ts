/** Runs one command line of the real process: streams, signals, faults, exit code. */
import { CommanderError } from 'commander'
import { withoutSecrets } from '../model/address.ts'
import { toBridgeError } from '../model/errors.ts'
import { callersFolder, type CliContext } from './context.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { oneLine } from './text.ts'
import { UsageError } from './options.ts'

/** Far above any path, URL or number; a megabyte of argument is a mistake or an attack. */
const MAX_ARGUMENT_CHARACTERS = 4096
const MAX_ARGUMENTS = 100

export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  const stopping = new AbortController()
  listenForStop(stopping)
  for (const stream of [process.stdout, process.stderr]) {
    // the reader went away (`| head`): not a fault of ours
    stream.on('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EPIPE') throw fault
      process.exit(EXIT.ok)
    })
  }
  const context: CliContext = {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    env: process.env,
    folder: callersFolder(process.env, process.cwd()),
    stopping: stopping.signal,
    exitCode: EXIT.ok,
  }
  return runCommand(argv, context)
}

/** The same with any context. Never throws. */
export async function runCommand(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  try {
    const long = argv.find((argument) => argument.length > MAX_ARGUMENT_CHARACTERS)
    if (long !== undefined) throw new UsageError(`an argument is too long: ${withoutSecrets(long).slice(0, 40)}...`)
    if (argv.length > MAX_ARGUMENTS) throw new UsageError('too many arguments')
    const program = createProgram(context)
    if (argv.length === 0) {
      program.outputHelp()
      return EXIT.ok
    }
    await program.parseAsync(argv, { from: 'user' })
    return context.exitCode
  } catch (fault) {
    return report(fault, context)
  }
}

function report(fault: unknown, context: CliContext): ExitCode {
  // commander has printed its message already
  if (fault instanceof CommanderError) return fault.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (fault instanceof UsageError) {
    context.err(`ampbridge: ${oneLine(fault.message)}`)
    return EXIT.usage
  }
  if (context.stopping.aborted && fault === context.stopping.reason) return EXIT.ok
  const problem = toBridgeError(fault)
  const [first = '', ...more] = problem.message.split('\n').map(oneLine)
  context.err([`ampbridge: ${problem.code}: ${first}`, ...more, `  ${problem.hint}`].join('\n'))
  if (problem.code === 'INTERNAL' && problem.cause instanceof Error && problem.cause.stack !== undefined) {
    context.err(problem.cause.stack)
  }
  return exitCodeOf(problem.code)
}

/** First signal: stop in order. Second: at once. */
function listenForStop(stopping: AbortController): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(128 + number)
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
}
