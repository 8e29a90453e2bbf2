import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { resolveMapping, type CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { parseDurationMs, parseWhole, single } from './options.ts'
import { oneLine } from './text.ts'

interface ExplainOptions {
  readonly over?: string
  readonly baud?: number
  readonly every?: number
  readonly connectors?: number
}

export function addMappingsExplain(mappings: Command, context: CliContext): void {
  mappings
    .command('explain')
    .summary('tell what will be asked and written')
    .description(
      'Prints the requests of a mapping with their share of the bus, and everything that it will ever write and how often.',
    )
    .argument('<file>', 'a mapping file, or a name of the library')
    .addOption(single('--over <wire>', 'tcp or rtu (default: the first that the mapping names)', parseWire))
    .addOption(single('--baud <rate>', 'baud rate of the serial line', parseWhole(300, 1_000_000)))
    .addOption(single('--every <time>', 'time between two polls (default: 1s)', parseDurationMs))
    .addOption(single('--connectors <count>', 'outlets of the device', parseWhole(1, 64)))
    .action((file: string, options: ExplainOptions) => explain(file, options, context))
}

function parseWire(text: string): string {
  if (text === 'tcp' || text === 'rtu') return text
  throw new InvalidArgumentError('It is tcp or rtu.')
}

async function explain(file: string, options: ExplainOptions, context: CliContext): Promise<void> {
  const { createRegistry, explainMapping } = await import('../site/facade.ts')
  const { mappings } = createRegistry(ownMappingFolders(context))
  const { over, baud, every, connectors } = options
  const lines = explainMapping(mappings, resolveMapping(context, file), context.folder, {
    ...(over === undefined ? {} : { url: `${over}:` }),
    ...(baud === undefined ? {} : { baud }),
    ...(every === undefined ? {} : { everyMs: every }),
    ...(connectors === undefined ? {} : { connectors }),
  })
  for (const line of lines) context.out(oneLine(line))
}
