import type { Command } from 'commander'
import { formatProblem } from '../config/problem.ts'
import { stateFolderOf, type CliContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { required, single } from './options.ts'
import { readSiteFile } from './site-file.ts'
import { oneLine } from './text.ts'

interface CheckOptions {
  readonly config: string
  readonly state?: string
  readonly json?: boolean
}

export function addCheckCommand(program: Command, context: CliContext): void {
  program
    .command('check')
    .summary('check a site file')
    .description('Checks a site file and all it names, and tells every mistake with its place. Starts nothing.')
    .addOption(required('--config <file>', 'the site file'))
    .addOption(single('--state <folder>', 'the state folder, where secrets may lie too'))
    .option('--json', 'print the result as JSON')
    .action((options: CheckOptions) => checkSite(options, context))
}

async function checkSite(options: CheckOptions, context: CliContext): Promise<void> {
  const { result } = await readSiteFile(context, options.config, stateFolderOf(context, options.state))
  const { config, problems, warnings } = result
  if (options.json === true) {
    context.out(JSON.stringify({ ok: config !== null, problems, warnings }, null, 2))
  } else {
    for (const problem of [...problems, ...warnings]) context.out(oneLine(formatProblem(problem)))
    if (config === null) context.err(`${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}`)
    else
      context.out(
        `ok: ${config.stations.length} stations, ${config.meters.length} meters, ${config.circuits.length} circuits`,
      )
  }
  if (config === null) context.exitCode = EXIT.configuration
}
