import type { Command } from 'commander'
import type { DeviceAlone } from '../site/facade.ts'
import { columns } from './columns.ts'
import type { CliContext } from './context.ts'
import { addDeviceOptions, openDevice, type DeviceOptions } from './device-options.ts'
import { parseDurationMs, single } from './options.ts'

interface WatchOptions extends DeviceOptions {
  readonly every?: number
  readonly once?: boolean
}

const CLEAR = '\u001B[H\u001B[2J'

export function addMappingsWatch(mappings: Command, context: CliContext): void {
  addDeviceOptions(
    mappings
      .command('watch')
      .summary('show live what a mapping reads')
      .description(
        'Shows each place of the device with its raw words, what they mean and how old they are, again and again. A mapping that is saved is read anew. Nothing is written.',
      ),
  )
    .addOption(single('--every <time>', 'time between two looks (default: 1s)', parseDurationMs))
    .option('--once', 'look once and end')
    .action((options: WatchOptions) => watch(options, context))
}

async function watch(options: WatchOptions, context: CliContext): Promise<void> {
  const everyMs = Math.max(options.every ?? 1000, 200)
  let open = await openDevice(options, context)
  try {
    for (;;) {
      context.out(
        `${options.once === true || options.json === true ? '' : CLEAR}${(await shown(open.device, options, context)).join('\n')}`,
      )
      if (options.once === true || context.stopping.aborted) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs)
        context.stopping.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      })
      if (context.stopping.aborted) return
      open = await renewed(open, options, context)
    }
  } finally {
    await open.device.close()
  }
}

type Open = Awaited<ReturnType<typeof openDevice>>

/** The mapping as it is on disk now; one with mistakes is told, and the last good one stays. */
async function renewed(open: Open, options: WatchOptions, context: CliContext): Promise<Open> {
  try {
    if (!open.isChanged()) return open
    const next = await openDevice(options, context)
    await open.device.close()
    return next
  } catch (error) {
    context.err(error instanceof Error ? error.message : String(error))
    return open
  }
}

async function shown(device: DeviceAlone, options: WatchOptions, context: CliContext): Promise<readonly string[]> {
  try {
    const { reading, look, now } = await device.look(context.stopping)
    if (options.json === true) return [JSON.stringify({ values: reading.values, places: look.places })]
    const rows = look.places.map(({ place, unit, words, at, names }) => [
      unit === device.unit ? place : `unit ${unit} ${place}`,
      words === null ? 'not available' : words.map(device.speaks === 'modbus' ? registerText : String).join(' '),
      names
        .map(
          (name) =>
            `${name} ${valueText(look.values.get(name) ?? reading.values[name as keyof typeof reading.values])}`,
        )
        .join(', '),
      at === null ? '' : `${((now - at) / 1000).toFixed(1)} s`,
    ])
    return columns(['Place', 'Raw', 'Means', 'Age'], rows)
  } catch (error) {
    if (context.stopping.aborted) return []
    return [error instanceof Error ? error.message : String(error)]
  }
}

function registerText(word: number | string | null): string {
  return typeof word === 'number' && Number.isInteger(word) && word >= 0
    ? `0x${word.toString(16).toUpperCase().padStart(4, '0')}`
    : String(word)
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (Array.isArray(value)) return value.map(valueText).join('/')
  if (typeof value === 'number') return String(Number(value.toPrecision(7)))
  return typeof value === 'string' ? value : JSON.stringify(value)
}
