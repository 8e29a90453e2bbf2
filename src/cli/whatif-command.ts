import { access, constants, open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { formatProblem, problemsAsError } from '../config/problem.ts'
import { loadTariffFile } from '../config/load-tariff-file.ts'
import type { SiteConfig, TariffConfig } from '../config/site-config.ts'
import { BridgeError } from '../model/errors.ts'
import { resolvePath, stateFolderOf, type CliContext } from './context.ts'
import { parseDurationMs, parseWhole, required, single, UsageError } from './options.ts'
import { readSiteFile } from './site-file.ts'
import { oneLine } from './text.ts'

interface WhatIfOptions {
  readonly config: string
  readonly state?: string
  readonly from?: string
  readonly to?: string
  readonly fuse?: readonly Fuse[]
  readonly stations?: number
  readonly tariff?: string
  readonly strategy?: string
  readonly rushHour?: boolean
  readonly cars?: number
  readonly seed?: string
  readonly tick?: number
  readonly log?: string
  readonly showLog?: number
  readonly picture?: string
  readonly pictureOf?: string
  readonly json?: boolean
}

interface Fuse {
  /** Null: the grid connection. */
  readonly circuitId: string | null
  readonly amps: number
}

const TICK_MS = 5000
const MAX_LOG_LINES = 10_000

export function addWhatIfCommand(program: Command, context: CliContext): void {
  program
    .command('whatif')
    .summary('play a site’s days again with a change')
    .description(
      'Plays recorded days of a site again, or a made-up rush hour, once as it is and once with a change, and compares them. ' +
        'The balancing core is the very one that runs the site. Nothing is sent to any device, and the bridge may go on running.',
    )
    .addOption(required('--config <file>', 'the site file'))
    .addOption(single('--state <folder>', 'where the ledger is kept; without it systemd’s $STATE_DIRECTORY'))
    .addOption(single('--from <day>', 'the first recorded day, for example 2026-11-20'))
    .addOption(single('--to <day>', 'the last one (default: the same)'))
    .addOption(fuseOption())
    .addOption(single('--stations <count>', 'more stations, +10, on the circuit with most of them', parseMore))
    .addOption(single('--tariff <file>', 'another tariff: what stands below `tariff` in a site file'))
    .addOption(single('--strategy <name>', 'another strategy: fair, commitments, first-come or priority'))
    .option('--rush-hour', 'a made-up rush hour instead of recorded days; without any recorded day it is played anyway')
    .addOption(
      single(
        '--cars <count>',
        'how many cars come to the rush hour (default: one for each station)',
        parseWhole(1, 5000),
      ),
    )
    .addOption(single('--seed <text>', 'what is left to chance comes from it (default: 1)'))
    .addOption(single('--tick <time>', 'how often the core decides, 1s to 60s (default: 5s)', parseTick))
    .addOption(single('--log <file>', 'write every set-point with its time and reason into this file'))
    .addOption(single('--show-log <lines>', 'print so many lines of that log', parseWhole(1, MAX_LOG_LINES)))
    .addOption(single('--picture <file>', 'draw the run with the change (or the only one) into this SVG file'))
    .addOption(single('--picture-of <circuit>', 'which circuit it shows (default: the one that bound most often)'))
    .option('--json', 'print the comparison as JSON')
    .action((options: WhatIfOptions) => ask(options, context))
}

async function ask(options: WhatIfOptions, context: CliContext): Promise<void> {
  refuseContradictions(options)
  const stateFolder = stateFolderOf(context, options.state)
  const { result, registry } = await readSiteFile(context, options.config, stateFolder)
  if (result.config === null) throw problemsAsError(result.problems)
  refuseUnknownCircuit(options.pictureOf, result.config)
  const tariff = options.tariff === undefined ? null : await readTariff(resolvePath(context, options.tariff), context)
  // A long study is not played for a file that cannot be kept.
  for (const file of [options.log, options.picture])
    if (file !== undefined) await writing(file, context, (path) => access(dirname(path), constants.W_OK))
  const { askWhatIf } = await import('../site/facade.ts')
  const answer = await askWhatIf(
    result.config,
    {
      from: options.from ?? null,
      to: options.to ?? null,
      rushHour: options.rushHour === true ? { cars: options.cars ?? null } : null,
      seed: options.seed ?? '1',
      fuses: options.fuse ?? [],
      stations: options.stations ?? 0,
      strategy: options.strategy ?? null,
      tariff,
      tickMs: options.tick ?? TICK_MS,
    },
    {
      registry,
      stateFolder,
      signal: context.stopping,
      onRun: (name, hours) => context.err(`playing ${hours.toFixed(0)} h ${name} ...`),
    },
  )
  if ('refused' in answer) throw new UsageError(answer.refused)
  if (options.picture !== undefined) {
    const picture = answer.picture(options.pictureOf ?? null)
    if (typeof picture !== 'string') throw new UsageError(`--picture-of: ${picture.refused}`)
    await writing(options.picture, context, (path) => writeFile(path, picture))
  }
  if (options.log !== undefined) await writing(options.log, context, (path) => writeLines(path, answer.log()))
  if (options.json === true) context.out(JSON.stringify(answer.data, null, 2))
  else context.out(answer.lines.map(oneLine).join('\n'))
  if (options.showLog !== undefined) printLog(answer.log(), options.showLog, context)
}

function refuseContradictions({ rushHour, cars, to, from, picture, pictureOf, json, showLog }: WhatIfOptions): void {
  if (cars !== undefined && rushHour !== true) throw new UsageError('--cars is for --rush-hour')
  if (to !== undefined && rushHour === true) throw new UsageError('--to is for recorded days, not for --rush-hour')
  if (to !== undefined && from === undefined) throw new UsageError('--to needs --from')
  if (pictureOf !== undefined && picture === undefined) throw new UsageError('--picture-of needs --picture')
  if (json === true && showLog !== undefined) throw new UsageError('--show-log does not go with --json: use --log')
}

/** Before a long study is played. */
function refuseUnknownCircuit(circuitId: string | undefined, { circuits }: SiteConfig): void {
  if (circuitId === undefined || circuits.some(({ id }) => id === circuitId)) return
  const names = circuits.map(({ id }) => id).join(', ')
  throw new UsageError(`--picture-of: there is no circuit ${circuitId}; there are ${names}`)
}

async function readTariff(path: string, context: CliContext): Promise<TariffConfig> {
  const { tariff, problems, warnings } = await loadTariffFile(path)
  if (tariff === null) throw problemsAsError(problems)
  for (const warning of warnings) context.err(oneLine(formatProblem(warning)))
  return tariff
}

function printLog(log: Iterable<string>, count: number, context: CliContext): void {
  context.out('')
  let shown = 0
  for (const line of log) {
    if (shown > count) return
    context.out(line.split('\t').map(oneLine).join('  '))
    shown += 1
  }
}

async function writing(file: string, context: CliContext, write: (path: string) => Promise<void>): Promise<void> {
  const path = resolvePath(context, file)
  try {
    await write(path)
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault)
    throw new BridgeError('FILE_UNWRITABLE', `${path} cannot be written: ${why}`, { cause: fault })
  }
}

/** A long study has a long log: it never stands in memory as one text. */
async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const file = await open(path, 'w')
  try {
    let batch: string[] = []
    for (const line of lines) {
      batch.push(line)
      if (batch.length < 1000) continue
      await file.write(`${batch.join('\n')}\n`)
      batch = []
    }
    if (batch.length > 0) await file.write(`${batch.join('\n')}\n`)
  } finally {
    await file.close()
  }
}

/** `80A` for the grid connection, `garage=80A` for a circuit; as often as needed. */
function fuseOption() {
  return single(
    '--fuse <amps>',
    'another fuse: 80A for the grid connection, CIRCUIT=80A for any other; repeat it for more',
  ).argParser((text: string, given: readonly Fuse[] | undefined): readonly Fuse[] => {
    const [, name, value = ''] = /^(?:([^=\s]{1,64})=)?(\d{1,5}(?:\.\d{1,2})?) ?A?$/u.exec(text) ?? []
    if (value === '') throw new InvalidArgumentError('Write amps, 80A, or a circuit and amps, garage=80A.')
    const circuitId = name ?? null
    const before = given ?? []
    if (before.some((fuse) => fuse.circuitId === circuitId))
      throw new InvalidArgumentError(`${circuitId ?? 'The grid connection’s fuse'} is given twice.`)
    return [...before, { circuitId, amps: Number(value) }]
  })
}

function parseMore(text: string): number {
  const value = /^\+?\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= 1000) return value
  throw new InvalidArgumentError('Write how many more, for example +10; at most +1000.')
}

function parseTick(text: string): number {
  const ms = parseDurationMs(text)
  if (ms >= 1000 && ms <= 60_000 && ms % 1000 === 0) return ms
  throw new InvalidArgumentError('It is a whole number of seconds from 1s to 60s.')
}
