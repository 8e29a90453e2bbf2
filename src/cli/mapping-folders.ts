import { join } from 'node:path'
import type { CliContext } from './context.ts'

/** Mappings of the machine, which no release touches. */
const MACHINE_FOLDER = '/etc/ampbridge/mappings'

/** Folders whose files win over the shipped ones: `mappings` where the person is, then the machine's. */
export function ownMappingFolders(context: CliContext, besides: string = context.folder): readonly string[] {
  return [join(besides, 'mappings'), context.env['AMPBRIDGE_MAPPINGS'] ?? MACHINE_FOLDER]
}
