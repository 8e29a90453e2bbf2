import type { Command } from 'commander'
import { resolveMapping, type CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { mappingOption, parseWhole, required, single } from './options.ts'
import { untilStopped } from './until-stopped.ts'

interface SimulateOptions {
  readonly mapping: string
  readonly listen: string
  readonly unit?: number
  readonly option?: Readonly<Record<string, string>>
  readonly meter?: string
  readonly variant?: string
  readonly json?: boolean
}

export function addSimulateCommand(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .summary('be the device of a mapping')
    .description('Serves the device that a mapping describes, until it is stopped: the same file in reverse.')
    .addOption(required('--mapping <mapping>', 'name of a mapping (docs/devices.md) or a mapping file'))
    .addOption(
      required('--listen <url>', 'where to serve it, for example tcp://127.0.0.1:1502; port 0 takes any that is free'),
    )
    .addOption(single('--unit <id>', 'Modbus unit id (default: the mapping’s)', parseWhole(0, 255)))
    .addOption(mappingOption())
    .addOption(single('--meter <name>', 'which meter, where the mapping describes several'))
    .addOption(single('--variant <name>', 'which variant of the mapping (default: the first)'))
    .option('--json', 'print where it listens as JSON')
    .action((options: SimulateOptions) => simulateDevice(options, context))
}

async function simulateDevice(options: SimulateOptions, context: CliContext): Promise<void> {
  const { createRegistry, simulateAlone } = await import('../site/facade.ts')
  const simulated = await simulateAlone({
    registry: createRegistry(ownMappingFolders(context)),
    mapping: resolveMapping(context, options.mapping),
    folder: context.folder,
    listen: options.listen,
    unit: options.unit ?? null,
    ...(options.option === undefined ? {} : { options: options.option }),
    ...(options.meter === undefined ? {} : { meter: options.meter }),
    ...(options.variant === undefined ? {} : { variant: options.variant }),
  })
  try {
    const { url, unit } = simulated
    if (options.json === true) context.out(JSON.stringify({ mapping: options.mapping, url, unit }))
    else context.out(`${options.mapping} listens at ${url}, unit ${unit}`)
    await untilStopped(context.stopping)
  } finally {
    await simulated.close()
  }
}
