import type { Command } from 'commander'
import { resolveMapping, type CliContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { oneLine } from './text.ts'

export function addMappingsTest(mappings: Command, context: CliContext): void {
  mappings
    .command('test')
    .summary('run the examples of mappings')
    .description('Runs the examples of these mappings, or of all, against the code that runs on site. Needs no device.')
    .argument('[file...]', 'mapping files, or names of the library; all when left out')
    .option('--json', 'print the result as JSON')
    .action((files: readonly string[], options: { readonly json?: boolean }) => testAll(files, options, context))
}

async function testAll(
  files: readonly string[],
  options: { readonly json?: boolean },
  context: CliContext,
): Promise<void> {
  const { createRegistry, lintMappings, testMapping } = await import('../site/facade.ts')
  const { mappings } = createRegistry(ownMappingFolders(context))
  const names =
    files.length > 0 ? files.map((file) => resolveMapping(context, file)) : mappings.list().map(({ name }) => name)
  const results = []
  for (const name of names) results.push(await testMapping(mappings, name, context.folder))
  const between = files.length === 0 ? lintMappings(mappings) : []
  const failures = [...results.flatMap((result) => result.failures), ...between]
  if (options.json === true) context.out(JSON.stringify({ results, between }, null, 2))
  else {
    for (const failure of failures) context.out(oneLine(failure))
    const examples = results.reduce((sum, result) => sum + result.examples, 0)
    context.out(`${examples} examples of ${results.length} mappings, ${failures.length} failed`)
  }
  if (failures.length > 0) context.exitCode = EXIT.failure
}
