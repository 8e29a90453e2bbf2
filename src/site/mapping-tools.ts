/** What a person who writes a mapping asks of the library, without a device: list, check, test, explain. */
import {
  capabilitiesOf,
  explainPlan,
  type ExplainOptions,
  lintLibrary,
  type Mapping,
  type MappingLibrary,
  missingFrom,
  runExamples,
  SHIPPED_MAPPINGS,
} from '../mapping/index.ts'
import { isBridgeError } from '../model/errors.ts'
import { loadedOrNull } from './loadable-mappings.ts'
import { wayOf } from './address.ts'

/** One line of `mappings list`. */
export interface MappingListed {
  readonly name: string
  readonly path: string
  /** Null: the file has mistakes; `check` tells them. */
  readonly about: {
    readonly device: string
    readonly also: readonly string[]
    readonly kind: Mapping['kind']
    /** `modbus`, `http`, `mqtt`, `udp`, `telegram`. */
    readonly speaks: string
    readonly signals: readonly string[]
    readonly commands: readonly string[]
    readonly status: string | null
    readonly triedBy: number
  } | null
}

/** `search` is looked for in name, device and badges, whatever the case. */
export function listMappings(library: MappingLibrary, search: string): readonly MappingListed[] {
  const wanted = search.toLowerCase()
  return library.list().flatMap(({ name, path }) => {
    const mapping = loadedOrNull(library, name)
    const texts = [name, ...(mapping === null ? [] : [mapping.device, mapping.vendor, mapping.model, ...mapping.also])]
    if (!texts.some((text) => text.toLowerCase().includes(wanted))) return []
    return [{ name, path, about: mapping === null ? null : aboutOf(mapping) }]
  })
}

function aboutOf(mapping: Mapping): NonNullable<MappingListed['about']> {
  const { signals, commands } = capabilitiesOf(mapping)
  return {
    device: mapping.device,
    also: mapping.also,
    kind: mapping.kind,
    speaks: wayOf(mapping),
    signals,
    commands,
    status: mapping.status,
    triedBy: mapping.triedBy,
  }
}

export interface MappingChecked {
  readonly mapping: string
  /** `file:line:column: key: what is wrong (remedy)`; empty: the file can be used. */
  readonly problems: readonly string[]
  /** What a file that comes with the bridge would have besides. */
  readonly advice: readonly string[]
}

/** Throws MAPPING_UNKNOWN. */
export function checkMapping(library: MappingLibrary, nameOrPath: string, folder: string): MappingChecked {
  try {
    return { mapping: nameOrPath, problems: [], advice: missingFrom(library.load(nameOrPath, folder)) }
  } catch (error) {
    if (!isBridgeError(error, 'MAPPING_INVALID')) throw error
    return { mapping: nameOrPath, problems: error.message.split('\n'), advice: [] }
  }
}

export interface MappingTested {
  readonly mapping: string
  readonly examples: number
  /** `file:line: what` of each example that fails. */
  readonly failures: readonly string[]
}

/** Runs the examples of a file against the engine that runs on site. Throws MAPPING_UNKNOWN, MAPPING_INVALID. */
export async function testMapping(library: MappingLibrary, nameOrPath: string, folder: string): Promise<MappingTested> {
  const mapping = library.load(nameOrPath, folder)
  const results = await runExamples(mapping)
  return {
    mapping: nameOrPath,
    examples: results.length,
    failures: results.flatMap(({ line, failures }) => failures.map((text) => `${mapping.file}:${line}: ${text}`)),
  }
}

/** What is wrong between the files that come with the bridge: two of them for one device. Throws MAPPING_INVALID. */
export function lintMappings(library: MappingLibrary): readonly string[] {
  const shipped = library.list().filter(({ path }) => path.startsWith(SHIPPED_MAPPINGS))
  return lintLibrary(shipped.map(({ name }) => library.load(name)))
}

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID. */
export function explainMapping(
  library: MappingLibrary,
  nameOrPath: string,
  folder: string,
  options: ExplainOptions,
): readonly string[] {
  return explainPlan(library.load(nameOrPath, folder), options)
}
