/** Paths inside a document: `result.em[0].power`, keys with odd letters in brackets: `status["em:0"].power`. */

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type DocumentPath = readonly (string | number)[]

const MAX_SEGMENTS = 12
const SEGMENT = /^(?:\.?([A-Za-z0-9_-]{1,64})|\[(\d{1,4})\]|\["([^"]{1,64})"\])/u

/** The segments of a path, or a sentence about what is wrong with it. An empty text is the whole document. */
export function parsePath(text: string): DocumentPath | string {
  const segments: (string | number)[] = []
  let rest = text.trim()
  if (rest.startsWith('.')) return 'a path does not begin with a point'
  while (rest !== '') {
    const match = SEGMENT.exec(rest)
    if (match === null) return `cannot read "${rest.slice(0, 20)}"; write name.name, name[0] or name["odd key"]`
    const [whole, name, index, quoted] = match
    segments.push(index === undefined ? (quoted ?? name ?? '') : Number(index))
    if (segments.length > MAX_SEGMENTS) return `more than ${MAX_SEGMENTS} steps`
    rest = rest.slice(whole.length)
  }
  return segments
}

export function pathText(path: DocumentPath): string {
  return path
    .map((segment, index) =>
      typeof segment === 'number'
        ? `[${segment}]`
        : /^[A-Za-z0-9_-]+$/u.test(segment)
          ? `${index === 0 ? '' : '.'}${segment}`
          : `["${segment}"]`,
    )
    .join('')
}

/** The value at a path; undefined when there is none. A number as a key reaches into a list only. */
export function valueAt(document: Json, path: DocumentPath): Json | undefined {
  let value: Json | undefined = document
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (isList(value)) value = typeof segment === 'number' ? value[segment] : undefined
    else value = Object.hasOwn(value, segment) ? value[segment] : undefined
  }
  return value
}

/** The document with a value put at a path; what is missing on the way is made. `undefined` takes the value away. */
export function withValueAt(document: Json | undefined, path: DocumentPath, value: Json | undefined): Json {
  const [segment, ...rest] = path
  if (segment === undefined) return value ?? null
  if (typeof segment === 'number') {
    const list = document !== undefined && isList(document) ? [...document] : []
    while (list.length < segment) list.push(null)
    list[segment] = withValueAt(list[segment], rest, value)
    return list
  }
  const map: Record<string, Json> =
    typeof document === 'object' && document !== null && !isList(document) ? { ...document } : {}
  if (rest.length === 0 && value === undefined) delete map[segment]
  else map[segment] = withValueAt(map[segment], rest, value)
  return map
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export function isMap(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !isList(value)
}
