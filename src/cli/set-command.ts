import { type Command, InvalidArgumentError } from 'commander'
import type { DeviceCommand, DeviceWrite } from '../model/device.ts'
import type { CliContext } from './context.ts'
import { addDeviceOptions, withDevice, type DeviceOptions } from './device-options.ts'
import { parseChargingAmps, parseDurationMs, parseFailSafe, single, UsageError } from './options.ts'
import { oneLine } from './text.ts'

interface SetOptions extends DeviceOptions {
  readonly current?: number
  readonly pause?: boolean
  readonly resume?: number
  readonly phases?: 1 | 3
  readonly wake?: boolean
  readonly unlock?: boolean
  readonly giveBack?: boolean
  readonly failsafe?: { readonly amps: number; readonly timeoutSeconds: number }
  readonly yes?: boolean
  readonly hold?: number
}

export function addSetCommand(program: Command, context: CliContext): void {
  addDeviceOptions(
    program
      .command('set')
      .summary('set one device')
      .description(
        'Connects, makes the start-up writes of the mapping, sets one thing, and shows every write. The set-point stays as it is afterwards. Fail-safe registers are written by --failsafe only.',
      ),
  )
    .addOption(single('--current <amps>', 'set the charging current, 6 A or more', parseChargingAmps))
    .option('--pause', 'stop charging')
    .addOption(single('--resume <amps>', 'charge again with this current', parseChargingAmps))
    .addOption(single('--phases <count>', 'charge on 1 or 3 phases', parsePhases))
    .option('--wake', 'wake a vehicle that sleeps')
    .option('--unlock', 'unlock the socket')
    .addOption(single('--failsafe <amps,seconds>', 'arm the fail-safe, for example 6,30', parseFailSafe))
    .option(
      '--give-back',
      'give control back to the device (`stop` of its mapping), before it leaves the bridge for good',
    )
    .option('--yes', 'really write')
    .addOption(single('--hold <time>', 'serve keep-alive and rewrites for so long, for example 10s', parseDurationMs))
    .action((options: SetOptions) => setDevice(options, context))
}

async function setDevice(options: SetOptions, context: CliContext): Promise<void> {
  const command = commandOf(options)
  if (options.yes !== true) throw new UsageError('set writes to the device: add --yes')
  const json = options.json === true
  const writes: DeviceWrite[] = []
  const show = (write: DeviceWrite): void => {
    writes.push(write)
    if (!json) context.out(writeText(write))
  }
  await withDevice(options, context, async (device, connector) => {
    try {
      for (const write of await device.start(context.stopping)) show(write)
      const order =
        command === 'give-back' ? device.giveBack(context.stopping) : device.command(command, context.stopping)
      for (const write of await order) show(write)
      if (options.hold !== undefined) await device.hold(options.hold, show, context.stopping)
    } finally {
      // what was written is told also when a later step failed
      if (json) context.out(JSON.stringify({ mapping: options.mapping, connector, command, writes }))
    }
  })
  if (json || writes.length > 0) return
  context.out(
    command === 'give-back'
      ? 'nothing was written: the mapping has no `stop`'
      : 'nothing was written: the device has this value already',
  )
}

function commandOf(options: SetOptions): DeviceCommand | 'give-back' {
  const { current, pause, resume, phases, wake, unlock, failsafe } = options
  const asked: (DeviceCommand | 'give-back')[] = []
  if (current !== undefined) asked.push({ kind: 'current', amps: current })
  if (pause === true) asked.push({ kind: 'pause' })
  if (resume !== undefined) asked.push({ kind: 'resume', amps: resume })
  if (phases !== undefined) asked.push({ kind: 'phases', count: phases })
  if (wake === true) asked.push({ kind: 'wake' })
  if (unlock === true) asked.push({ kind: 'unlock' })
  if (options.giveBack === true) asked.push('give-back')
  if (failsafe !== undefined) asked.push({ kind: 'failsafe', ...failsafe })
  const [command, ...more] = asked
  if (command === undefined || more.length > 0) {
    throw new UsageError(
      'name one of --current, --pause, --resume, --phases, --wake, --unlock, --failsafe, --give-back',
    )
  }
  return command
}

function parsePhases(text: string): 1 | 3 {
  if (text === '1') return 1
  if (text === '3') return 3
  throw new InvalidArgumentError('It is 1 or 3.')
}

/** `unit 255 holding 5004 <- 13500 (fc 6): current 13.5 A`, `get /api/set?amp=13: current 13.5 A` */
function writeText({ unit, table, address, words, functionCode, message, reason }: DeviceWrite): string {
  if (message !== undefined) return `${oneLine(message)}: ${reason}`
  return `unit ${unit} ${table} ${address} <- ${words.join(' ')} (fc ${functionCode}): ${reason}`
}
