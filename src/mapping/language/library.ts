import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BridgeError } from '../../model/errors.ts'
import { nearestName } from '../../model/nearest-name.ts'
import type { FindBase } from './inherit.ts'
import { loadMapping } from './load-mapping.ts'
import type { Mapping } from '../mapping.ts'
import { formatProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import { MAX_BYTES } from './source-file.ts'

/** The folder `mappings/` that comes with the bridge. */
export const SHIPPED_MAPPINGS: string = fileURLToPath(new URL('../../../mappings', import.meta.url))

interface LibraryEntry {
  /** File stem, e.g. `keba-p30`. */
  readonly name: string
  readonly path: string
}

export interface MappingLibrary {
  /** All names, sorted; a file in an earlier folder hides one of the same name in a later folder. */
  list(): readonly LibraryEntry[]
  /**
   * By name, or by path when it has a `/` or ends in .yaml; relative paths start at `folder` (the working directory when left out).
   * Folders are looked through for a name that is not known yet or whose file has gone, so a new file that hides a known one is
   * seen after the next `list`; a file that changed, or whose base (`from`) changed, is read again. A base is looked for in the
   * folders in order; a file that hides the one it is derived from finds that one.
   * Throws MAPPING_UNKNOWN or MAPPING_INVALID with every problem.
   */
  load(nameOrPath: string, folder?: string): Mapping
}

/** Looks in `folders` in order, the user's own first. Folders that do not exist are empty. Files are read when they are asked for. */
export function mappingLibrary(folders: readonly string[] = [SHIPPED_MAPPINGS]): MappingLibrary {
  const loaded = new Map<string, { readonly stamps: ReadonlyMap<string, number>; readonly mapping: Mapping }>()
  let places: ReadonlyMap<string, LibraryEntry> = new Map()
  const list = (): readonly LibraryEntry[] => {
    const entries = new Map<string, LibraryEntry>()
    for (const folder of folders.toReversed()) for (const entry of yamlFiles(folder, 2)) entries.set(entry.name, entry)
    places = entries
    return [...entries.values()].toSorted((a, b) => a.name.localeCompare(b.name))
  }
  const pathOf = (name: string): string => {
    const known = places.get(name)
    if (known !== undefined && stampOf(known.path) !== 0) return known.path
    const names = list().map((entry) => entry.name)
    const found = places.get(name)
    if (found !== undefined) return found.path
    const near = nearestName(name, names)
    throw new BridgeError('MAPPING_UNKNOWN', `no mapping "${name}"${near === null ? '' : `; did you mean "${near}"?`}`)
  }
  const findBase: FindBase = (name, above) => {
    const named = folders.flatMap((folder) => yamlFiles(folder, 2)).filter((entry) => entry.name === name)
    const found = named.find(({ path }) => !above.some((file) => resolve(file) === resolve(path)))
    if (found !== undefined) {
      if (isTooLarge(found.path)) return { problem: `the base ${found.path} is larger than 256 KiB`, hint: '' }
      return { text: readFileSync(found.path, 'utf8'), file: found.path }
    }
    if (named.length > 0) return { problem: `"${name}" is derived from itself`, hint: 'a base says what is common' }
    const near = nearestName(
      name,
      list().map((entry) => entry.name),
    )
    return {
      problem: `there is no mapping "${name}"`,
      hint: near === null ? 'docs/devices.md lists all names' : `did you mean "${near}"?`,
    }
  }
  return {
    list,
    load: (nameOrPath, folder = '.') => {
      const isPath = nameOrPath.includes('/') || /\.ya?ml$/u.test(nameOrPath)
      const path = isPath ? resolve(folder, nameOrPath) : pathOf(nameOrPath)
      const known = loaded.get(path)
      if (known !== undefined && [...known.stamps].every(([file, stamp]) => stampOf(file) === stamp))
        return known.mapping
      const stamps = new Map([[path, stampOf(path)]])
      const mapping = readMapping(path, (name, above) => {
        const base = findBase(name, above)
        if ('file' in base) stamps.set(base.file, stampOf(base.file))
        return base
      })
      loaded.set(path, { stamps, mapping })
      return mapping
    },
  }
}

/** One file. Throws MAPPING_UNKNOWN when it is not there, MAPPING_INVALID with every problem. */
function readMapping(path: string, base: FindBase): Mapping {
  if (stampOf(path) === 0) throw new BridgeError('MAPPING_UNKNOWN', `there is no file ${path}`)
  if (isTooLarge(path)) throw new BridgeError('MAPPING_INVALID', `${path}:1:1: the file is larger than 256 KiB`)
  const result = loadMapping(readFileSync(path, 'utf8'), path, { base })
  if ('problems' in result) throw invalid(result.problems)
  return result.mapping
}

function invalid(problems: readonly Problem[]): BridgeError {
  return new BridgeError('MAPPING_INVALID', problems.map(formatProblem).join('\n'), {
    details: { problems: problems.length },
  })
}

function isTooLarge(path: string): boolean {
  return statSync(path).size > MAX_BYTES
}

function stampOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true ? stat.mtimeMs : 0
}

function yamlFiles(folder: string, depth: number): readonly LibraryEntry[] {
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat?.isDirectory() !== true) return []
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .flatMap((item) => {
      const path = join(folder, item.name)
      if (item.isDirectory()) return depth > 1 ? yamlFiles(path, depth - 1) : []
      const match = /^(.+)\.ya?ml$/u.exec(item.name)
      return match === null ? [] : [{ name: match[1] ?? '', path }]
    })
}
