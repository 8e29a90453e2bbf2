import type { Command } from 'commander'
import { resolveMapping, type CliContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { oneLine } from './text.ts'

interface CheckOptions {
  readonly strict?: boolean
  readonly json?: boolean
}

export function addMappingsCheck(mappings: Command, context: CliContext): void {
  mappings
    .command('check')
    .summary('check mapping files')
    .description('Tells every mistake of a mapping with its place and the remedy, and what it could still say.')
    .argument('<file...>', 'mapping files, or names of the library')
    .option('--strict', 'what is only advised counts as a mistake, as for files that come with the bridge')
    .option('--json', 'print the result as JSON')
    .action((files: readonly string[], options: CheckOptions) => checkAll(files, options, context))
}

async function checkAll(files: readonly string[], options: CheckOptions, context: CliContext): Promise<void> {
  const { checkMapping, createRegistry } = await import('../site/facade.ts')
  const { mappings } = createRegistry(ownMappingFolders(context))
  const results = files.map((file) => checkMapping(mappings, resolveMapping(context, file), context.folder))
  const wrong = results.filter(
    ({ problems, advice }) => problems.length > 0 || (options.strict === true && advice.length > 0),
  )
  if (options.json === true) context.out(JSON.stringify(results, null, 2))
  else
    for (const { mapping, problems, advice } of results) {
      for (const problem of problems) context.out(oneLine(problem))
      for (const text of advice) context.out(oneLine(`${mapping}: ${text}`))
      if (problems.length === 0 && advice.length === 0) context.out(oneLine(`${mapping}: ok`))
    }
  if (wrong.length > 0) context.exitCode = EXIT.configuration
}
