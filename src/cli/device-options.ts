/** What `read` and `set` have in common: one device, named by mapping and connection. */
import type { Command } from 'commander'
import type { DeviceAlone } from '../site/facade.ts'
import { resolveMapping, type CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { addLoginOptions, keyOf, loginOf, type LoginOptions } from './login-options.ts'
import { connectOption, mappingOption, parseWhole, required, single } from './options.ts'

export interface DeviceOptions extends LoginOptions {
  readonly mapping: string
  readonly connect: string
  readonly unit?: number
  readonly connector?: number
  readonly option?: Readonly<Record<string, string>>
  readonly meter?: string
  readonly json?: boolean
}

export function addDeviceOptions(command: Command): Command {
  const placed = command
    .addOption(required('--mapping <mapping>', 'name of a mapping (docs/devices.md) or a mapping file'))
    .addOption(connectOption())
  return addLoginOptions(placed)
    .addOption(single('--unit <id>', 'Modbus unit id (default: the mapping’s)', parseWhole(0, 255)))
    .addOption(single('--connector <number>', 'connector of the device (default: 1)', parseWhole(1, 64)))
    .addOption(mappingOption())
    .addOption(single('--meter <name>', 'which meter, where the mapping describes several'))
    .option('--json', 'print the result as JSON')
}

/** Opens the device, and closes it whatever happens. */
export async function withDevice<Result>(
  options: DeviceOptions,
  context: CliContext,
  work: (device: DeviceAlone, connector: number) => Promise<Result>,
): Promise<Result> {
  const { device, connector } = await openDevice(options, context)
  try {
    return await work(device, connector)
  } finally {
    await device.close()
  }
}

/** The device, for the caller to close; `isChanged` looks whether its mapping is another one on disk now, and throws MAPPING_INVALID. */
export async function openDevice(
  options: DeviceOptions,
  context: CliContext,
): Promise<{ readonly device: DeviceAlone; readonly connector: number; isChanged(): boolean }> {
  const { createRegistry, openDeviceAlone } = await import('../site/facade.ts')
  const login = await loginOf(options, context)
  const key = await keyOf(options, context)
  const connector = options.connector ?? 1
  const registry = createRegistry(ownMappingFolders(context))
  const device = openDeviceAlone({
    registry,
    mapping: resolveMapping(context, options.mapping),
    folder: context.folder,
    connect: options.connect,
    login,
    key,
    unit: options.unit ?? null,
    connector,
    ...(options.option === undefined ? {} : { options: options.option }),
    ...(options.meter === undefined ? {} : { meter: options.meter }),
  })
  return { device, connector, isChanged: () => device.isChanged() }
}
