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
      required(
        '--listen <url>',
        'where to serve it: tcp://127.0.0.1:1502, http://127.0.0.1:8080, udp://127.0.0.1:7090, dsmr+tcp://127.0.0.1:2000, or the broker that it joins, mqtt://BROKER; port 0 takes any that is free',
      ),
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
    const { url, unit, speaks } = simulated
    if (options.json === true) context.out(JSON.stringify({ mapping: options.mapping, url, unit, speaks }))
    else if (unit === null) context.out(`${options.mapping} ${VERBS[speaks] ?? 'listens at'} ${url}; ${otherEnd(url)}`)
    else context.out(`${options.mapping} listens at ${url}, unit ${unit}`)
    await untilStopped(context.stopping)
  } finally {
    await simulated.close()
  }
}

const VERBS: Readonly<Record<string, string>> = {
  mqtt: 'publishes at',
  dsmr: 'sends at',
  sml: 'sends at',
  iec62056: 'answers at',
  speedwire: 'sends at',
}

/** Where a person finds it. */
function otherEnd(url: string): string {
  const isSerialPort = /^[^:]*:\/(?!\/)/.test(url)
  return isSerialPort ? 'read it at the other end of this line' : `read it with --connect "${url}"`
}
