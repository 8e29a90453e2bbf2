import type { Command } from 'commander'
import type { MappingListed } from '../site/facade.ts'
import type { CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { columns } from './columns.ts'
import { UsageError } from './options.ts'

interface ListOptions {
  readonly kind?: string
  readonly json?: boolean
}

export function addMappingsList(mappings: Command, context: CliContext): void {
  mappings
    .command('list')
    .summary('list the devices that are known')
    .description('Lists the mappings; a word looks in names, devices and badges.')
    .argument('[word]', 'for example keba')
    .option('--kind <kind>', 'charger or meter')
    .option('--json', 'print the list as JSON')
    .action((word: string | undefined, options: ListOptions) => listAll(word ?? '', options, context))
}

async function listAll(word: string, options: ListOptions, context: CliContext): Promise<void> {
  const { kind } = options
  if (kind !== undefined && kind !== 'charger' && kind !== 'meter') throw new UsageError('--kind is charger or meter')
  const { createRegistry, listMappings } = await import('../site/facade.ts')
  const found = listMappings(createRegistry(ownMappingFolders(context)).mappings, word).filter(
    ({ about }) => kind === undefined || about === null || about.kind === kind,
  )
  if (options.json === true) {
    context.out(JSON.stringify(found, null, 2))
    return
  }
  for (const line of columns(['Name', 'Device', 'Speaks', 'Commands', 'Status'], found.map(rowOf))) context.out(line)
  context.err(`${found.length} ${found.length === 1 ? 'mapping' : 'mappings'}`)
}

function rowOf({ name, about }: MappingListed): readonly string[] {
  if (about === null) return [name, '(the file has mistakes)', '', '', '']
  const tried = about.triedBy === 0 ? '' : `, tried by ${about.triedBy}`
  const commands =
    about.kind === 'meter' ? 'meter' : about.commands.length === 0 ? 'only read' : about.commands.join(' ')
  return [name, [about.device, ...about.also].join(', '), about.speaks, commands, `${about.status ?? 'own'}${tried}`]
}
