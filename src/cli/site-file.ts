/** The site file with everything that is known here: mappings, drivers, OCPP versions, systemd's credentials. */
import { dirname } from 'node:path'
import type { LoadOptions, MappingFacts } from '../config/load-options.ts'
import { loadSiteFile, type SiteFileResult } from '../config/load-site-file.ts'
import { toBridgeError } from '../model/errors.ts'
import { SETTINGS } from '../model/setting.ts'
import type * as Facade from '../site/facade.ts'
import type { Registry } from '../site/facade.ts'
import { resolvePath, type CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'

export interface LoadedSite {
  readonly result: SiteFileResult
  readonly registry: Registry
}

/** @param stateFolder absolute, or null when there is none (yet) */
export async function readSiteFile(
  context: CliContext,
  config: string,
  stateFolder: string | null,
): Promise<LoadedSite> {
  const { createRegistry, mappingFacts, startValueExpectation } = await import('../site/facade.ts')
  const path = resolvePath(context, config)
  const registry = createRegistry(ownMappingFolders(context, dirname(path)))
  const { CREDENTIALS_DIRECTORY: credentials } = context.env
  const result = await loadSiteFile(path, {
    ...knowledgeOf(registry, mappingFacts),
    expectedValue: (version, key, value) => startValueExpectation(registry, version, key, value),
    ...(stateFolder === null ? {} : { stateFolder }),
    ...(credentials === undefined || credentials === '' ? {} : { credentialsFolder: credentials }),
  })
  return { result, registry }
}

function knowledgeOf(registry: Registry, mappingFacts: (typeof Facade)['mappingFacts']): LoadOptions {
  return {
    addresses: registry.addresses,
    mappingNames: registry.mappings.list().map(({ name }) => name),
    mapping: (name, folder): MappingFacts | { readonly problem: string; readonly hint: string } => {
      try {
        return mappingFacts(registry.mappings.load(name, folder))
      } catch (fault) {
        const { code, message, hint } = toBridgeError(fault)
        const problem = code === 'MAPPING_UNKNOWN' ? `there is no mapping \`${name}\`` : firstProblems(message)
        return { problem, hint }
      }
    },
    ocppKeys: new Map(
      registry.versions.map((version) => [
        version.id,
        SETTINGS.map((setting) => version.keyOfSetting(setting)).filter((key) => key !== null),
      ]),
    ),
  }
}

/** A wrong mapping has its own list of problems; the site file's list shows where it begins. */
function firstProblems(message: string): string {
  const problems = message.split('\n')
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : ''
  return `is wrong: ${problems.slice(0, 3).join('; ')}${more}`
}
