import type { Command } from 'commander'
import { resolvePath, type CliContext } from './context.ts'
import { logFromOptions, logOption, type LogFormat } from './log.ts'
import { parseWhole, single } from './options.ts'

interface DemoOptions {
  readonly port?: number
  readonly speed?: number
  readonly state?: string
  readonly log?: LogFormat
}

const DEFAULT_PORT = 8080

export function addDemoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .summary('a car park to look at')
    .description(
      'Runs a simulated car park: devices, cars, a small CSMS, and a bridge between them. Needs nothing else.',
    )
    .addOption(single('--port <number>', `port of the page (default: ${DEFAULT_PORT})`, parseWhole(0, 65_535)))
    .addOption(
      single(
        '--speed <factor>',
        'how many times faster than life the cars come and go (default: 1)',
        parseWhole(1, 100),
      ),
    )
    .addOption(single('--state <folder>', 'where the ledger is kept; without it a new one each time'))
    .addOption(logOption())
    .action(async (options: DemoOptions) => {
      // the one door to the demo: nothing of the bridge leads there
      // oxlint-disable-next-line no-restricted-imports
      const { runDemo } = await import('../demo/main.ts')
      await runDemo({
        port: options.port ?? DEFAULT_PORT,
        speed: options.speed ?? 1,
        stateFolder: options.state === undefined ? null : resolvePath(context, options.state),
        log: logFromOptions(options.log, context),
        stopping: context.stopping,
      })
    })
}
