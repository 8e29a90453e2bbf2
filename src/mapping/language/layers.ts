/**
 * Files over files: a derived file over its base, a variant over its file. The result is a source file again, and still knows in
 * which file each line stands.
 */
import type { Path } from './problem.ts'
import { isPlainMap, kindIn } from './source-file.ts'
import type { Plain, SourceFile } from './source-file.ts'

/** `top` over `base`: maps are merged, everything else is replaced whole, an empty value (`null`) removes the key. */
export function layered(base: SourceFile, top: SourceFile): SourceFile {
  const data = merged(base.data, top.data)
  return {
    name: top.name,
    data,
    keysAt: (path) => {
      const own = top.keysAt(path)
      const keys = isMergedAt(base, top, path) ? [...new Set([...base.keysAt(path), ...own])] : own
      const all = keys.length === 0 && top.kindAt(path) === null ? base.keysAt(path) : keys
      return all.filter((key) => kindIn(data, [...path, key]) !== null)
    },
    kindAt: (path) => kindIn(data, path),
    problem: (path, message, hint) => ownerOf(base, top, path).problem(path, message, hint),
  }
}

/** The part of a file below `prefix`, as if it were a file; places stay those of the whole file. */
export function partOf(source: SourceFile, prefix: Path): SourceFile {
  return {
    name: source.name,
    data: valueAt(source.data, prefix),
    keysAt: (path) => source.keysAt([...prefix, ...path]),
    kindAt: (path) => source.kindAt([...prefix, ...path]),
    problem: (path, message, hint) => source.problem([...prefix, ...path], message, hint),
  }
}

/** The same file without some of its first keys. */
export function without(source: SourceFile, keys: readonly string[]): SourceFile {
  const { data } = source
  const kept = isPlainMap(data) ? Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key))) : data
  return {
    name: source.name,
    data: kept,
    keysAt: (path) =>
      path.length === 0 ? source.keysAt(path).filter((key) => !keys.includes(key)) : source.keysAt(path),
    kindAt: (path) => kindIn(kept, path),
    problem: (path, message, hint) => source.problem(path, message, hint),
  }
}

function merged(base: Plain, top: Plain): Plain {
  if (!isPlainMap(top)) return top
  const result: Record<string, Plain> = isPlainMap(base) ? { ...base } : {}
  for (const [key, value] of Object.entries(top)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key] ?? null, value)
  }
  return result
}

function valueAt(data: Plain, path: Path): Plain {
  let value: Plain | undefined = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return null
    value = Array.isArray(value) ? value[Number(step)] : Reflect.get(value, step)
  }
  return value ?? null
}

/** The file whose line decides at `path`: the top one as far as it says anything. */
function ownerOf(base: SourceFile, top: SourceFile, path: Path): SourceFile {
  for (let length = 1; length <= path.length; length++) {
    const prefix = path.slice(0, length)
    const own = top.kindAt(prefix)
    if (own === null) return base.kindAt(prefix) === null ? top : base
    if (own !== 'map' || base.kindAt(prefix) !== 'map') return top
  }
  return top
}

function isMergedAt(base: SourceFile, top: SourceFile, path: Path): boolean {
  for (let length = 0; length <= path.length; length++) {
    const prefix = path.slice(0, length)
    if (base.kindAt(prefix) !== 'map' || top.kindAt(prefix) !== 'map') return false
  }
  return true
}
