import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { addDeviceOptions, withDevice, type DeviceOptions } from './device-options.ts'

interface RecordOptions extends DeviceOptions {
  readonly display?: Readonly<Record<string, unknown>>
}

export function addMappingsRecord(mappings: Command, context: CliContext): void {
  addDeviceOptions(
    mappings
      .command('record')
      .summary('make an example from a real device')
      .description(
        'Reads the device and prints an example for its mapping: what stands in the registers and what it means. Cards and cars are left out. Nothing is written.',
      ),
  )
    .addOption(
      new Option(
        '--display <signal=value>',
        'what the display showed, for example power=3680 or state=C; repeat it for more. Without it the example holds what the mapping reads',
      ).argParser(parseDisplayed),
    )
    .action((options: RecordOptions) => record(options, context))
}

function parseDisplayed(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const [, name = '', value = ''] = /^([a-z]{2,12})=(.{1,80})$/u.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError('Write SIGNAL=VALUE, for example power=3680.')
  const numbers = value.split(',').map((part) => part.trim())
  const list = numbers.every((part) => /^-?\d{1,12}(\.\d{1,6})?$/u.test(part)) ? numbers.map(Number) : null
  return { ...before, [name]: list === null ? value : list.length === 1 ? list[0] : list }
}

async function record(options: RecordOptions, context: CliContext): Promise<void> {
  const text = await withDevice(options, context, (device, connector) =>
    device.record(
      { about: `recorded at ${device.url}`, displayed: options.display ?? {}, connector },
      context.stopping,
    ),
  )
  context.out(options.json === true ? JSON.stringify({ mapping: options.mapping, example: text }) : text.trimEnd())
}
