/** `ampbridge mappings ...`: the tools of a person who writes or tries a mapping. */
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { addMappingsCheck } from './mappings-check.ts'
import { addMappingsDraft } from './mappings-draft.ts'
import { addMappingsExplain } from './mappings-explain.ts'
import { addMappingsList } from './mappings-list.ts'
import { addMappingsRecord } from './mappings-record.ts'
import { addMappingsTest } from './mappings-test.ts'
import { addMappingsWatch } from './mappings-watch.ts'

export function addMappingsCommand(program: Command, context: CliContext): void {
  const mappings = program
    .command('mappings')
    .summary('write and try mappings')
    .description('Tools for the files that say what the registers of a device mean.')
    .helpCommand(false)
  addMappingsList(mappings, context)
  addMappingsCheck(mappings, context)
  addMappingsTest(mappings, context)
  addMappingsExplain(mappings, context)
  addMappingsWatch(mappings, context)
  addMappingsRecord(mappings, context)
  addMappingsDraft(mappings, context)
}
