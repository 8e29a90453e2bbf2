import type { Mapping, MappingLibrary } from '../mapping/index.ts'
import { isBridgeError } from '../model/errors.ts'

/** Null: the file has mistakes; `mappings check` tells them. */
export function loadedOrNull(library: MappingLibrary, name: string): Mapping | null {
  try {
    return library.load(name)
  } catch (error) {
    if (isBridgeError(error, 'MAPPING_INVALID')) return null
    throw error
  }
}

/** All mappings without mistakes: one with mistakes cannot fit a device. */
export function loadableMappings(library: MappingLibrary): readonly Mapping[] {
  return library.list().flatMap(({ name }) => loadedOrNull(library, name) ?? [])
}
