import { close as closeInspector, url as inspectorUrl } from 'node:inspector'
import type { Command } from 'commander'
import { formatProblem, problemsAsError } from '../config/problem.ts'
import { systemClock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { stateFolderOf, type CliContext } from './context.ts'
import { logFromOptions, logOption, type LogFormat } from './log.ts'
import { required, single, UsageError } from './options.ts'
import { readSiteFile } from './site-file.ts'
import { untilStopped } from './until-stopped.ts'

interface RunOptions {
  readonly config: string
  readonly state?: string
  readonly log?: LogFormat
}

export function addRunCommand(program: Command, context: CliContext): void {
  program
    .command('run')
    .summary('run a site')
    .description('Runs the site of a site file until it is stopped (SIGTERM, SIGINT).')
    .addOption(required('--config <file>', 'the site file'))
    .addOption(single('--state <folder>', 'where the ledger is kept; without it systemd’s $STATE_DIRECTORY'))
    .addOption(logOption())
    .action((options: RunOptions) => runSite(options, context))
}

async function runSite(options: RunOptions, context: CliContext): Promise<void> {
  const stateFolder = stateFolderOf(context, options.state)
  if (stateFolder === null) throw new UsageError('--state FOLDER is missing')
  const log = logFromOptions(options.log, context)
  if (inspectorUrl() !== undefined) {
    // whoever reaches the debugger's port is the service (NODE_OPTIONS=--inspect in a unit)
    closeInspector()
    log.warn({}, 'the debugger was open and has been closed')
  }
  // Node opens the debugger on this signal
  process.on('SIGUSR1', () => log.warn({}, 'SIGUSR1 does nothing'))

  const { result, registry } = await readSiteFile(context, options.config, stateFolder)
  for (const warning of result.warnings) log.warn({}, formatProblem(warning))
  if (result.config === null) throw problemsAsError(result.problems)
  const { config } = result

  const { startSite } = await import('../site/facade.ts')
  context.stopping.throwIfAborted()
  const site = await startSite(config, { registry, stateFolder, log })
  try {
    const { web } = config
    // The page is loaded when the chargers are on their way: they come first.
    const startApi = web === null ? null : (await import('../api/server.ts')).startApi
    const keys = config.apiKeys
    const operations =
      keys.length === 0
        ? {}
        : { operations: { site: site.operations, parameters: site.parameters, limits: site.limits, keys } }
    const api =
      web === null || startApi === null
        ? null
        : await startApi(site, { host: web.host, port: web.port, log, clock: systemClock, ...operations })
    try {
      const facts = {
        stations: config.stations.length,
        meters: config.meters.length,
        ...(api === null ? {} : { page: api.url }),
      }
      log.info(facts, `${config.name} runs`)
      await untilStopped(context.stopping)
      log.info({}, 'stopping')
    } finally {
      await api?.close()
    }
  } finally {
    await withinTime(site.stop(), STOP_MS)
  }
  log.info({}, 'stopped')
}

/** systemd kills after 90 s by default; a device that hangs must not take us there. */
const STOP_MS = 20_000

async function withinTime(work: Promise<void>, ms: number): Promise<void> {
  const enough = new AbortController()
  const late = systemClock.sleep(ms, enough.signal).then(
    () => {
      throw new BridgeError('INTERNAL', `stopping took longer than ${ms / 1000} s and was given up`)
    },
    () => {},
  )
  try {
    await Promise.race([work, late])
  } finally {
    enough.abort()
  }
}
