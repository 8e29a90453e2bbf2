import type { Command } from 'commander'
import type { DeviceFault, PerPhase, SignalValues } from '../model/signal.ts'
import type { CliContext } from './context.ts'
import { addDeviceOptions, withDevice, type DeviceOptions } from './device-options.ts'
import { oneLine } from './text.ts'

export function addReadCommand(program: Command, context: CliContext): void {
  addDeviceOptions(
    program
      .command('read')
      .summary('read one device')
      .description(
        'Reads everything a device tells, once, and writes nothing. A value that it does not give now is null, never 0.',
      ),
  ).action((options: DeviceOptions) => readDevice(options, context))
}

async function readDevice(options: DeviceOptions, context: CliContext): Promise<void> {
  const reading = await withDevice(options, context, (device) => device.read(context.stopping))
  const values = inOrder(reading.values)
  if (options.json === true) {
    context.out(JSON.stringify({ mapping: options.mapping, connector: reading.connector, values }))
    return
  }
  context.out(`${options.mapping}, connector ${reading.connector}`)
  for (const [name, value] of Object.entries(values)) {
    context.out(`  ${name.padEnd(11)} ${value === null ? '-' : `${shown(value)} ${UNITS[name] ?? ''}`.trimEnd()}`)
  }
}

/** The order people look for them. */
function inOrder(values: SignalValues): SignalValues {
  const { state, current, voltage, power, powers, energy, export: exported, session, limit, enabled } = values
  const { tag, error, frequency, temperature, soc, phases, evid } = values
  return {
    state,
    current,
    voltage,
    power,
    powers,
    energy,
    export: exported,
    session,
    limit,
    enabled,
    tag,
    error,
    frequency,
    temperature,
    soc,
    phases,
    evid,
  }
}

const UNITS: Readonly<Record<string, string>> = {
  current: 'A',
  voltage: 'V',
  power: 'W',
  powers: 'W',
  energy: 'Wh',
  export: 'Wh',
  session: 'Wh',
  limit: 'A',
  frequency: 'Hz',
  temperature: '°C',
  soc: '%',
}

function shown(value: string | number | boolean | PerPhase | DeviceFault): string {
  if (typeof value === 'string') return oneLine(value)
  if (typeof value !== 'object') return String(value)
  if ('code' in value) return oneLine([value.code, value.kind, value.text ?? ''].join(' ').trimEnd())
  return value.map((one) => one ?? '-').join(' ')
}
