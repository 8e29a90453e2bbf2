/** One entry of the file by its schema: the entry, or what is wrong with it in our words. */
import type { z } from 'zod'
import { nearestHint } from './nearest-name.ts'
import { error, type ConfigPath, type Finding } from './problem.ts'
import { siteJsonSchema } from './site-schema.ts'

export function readEntry<Entry>(
  data: unknown,
  schema: z.ZodType<Entry>,
  path: ConfigPath,
): { readonly entry: Entry | null; readonly findings: readonly Finding[] } {
  const result = schema.safeParse(data)
  if (result.success) return { entry: result.data, findings: [] }
  return { entry: null, findings: result.error.issues.flatMap((issue) => explain(issue, path, data)) }
}

/** The entry without its wrong keys; `filler` stands in for required ones. Null when nothing can be made of it. */
export function repairEntry<Entry>(
  data: unknown,
  schema: z.ZodType<Entry>,
  filler: object,
): { readonly entry: Entry; readonly leftOut: ReadonlySet<string> } | null {
  if (!isSection(data)) return null
  const issues = schema.safeParse(data).error?.issues ?? []
  const leftOut = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : issue.path.slice(0, 1).map(String),
    ),
  )
  const rest = Object.fromEntries(Object.entries(data).filter(([key]) => !leftOut.has(key)))
  const again = schema.safeParse({ ...filler, ...rest })
  return again.success ? { entry: again.data, leftOut } : null
}

/** One zod issue as findings. Messages of our fields are `message\nhint`. */
function explain(issue: z.core.$ZodIssue, base: ConfigPath, data: unknown): readonly Finding[] {
  const path: ConfigPath = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      error([...path, key], `unknown key \`${key.slice(0, 60)}\``, unknownKeyHint(key, knownKeys(path)), 'key'),
    )
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const value = valueAt(data, issue.path)
    // of a value that is there, the branch whose own type fits is meant, or else the first
    if (value !== undefined && value !== null) {
      const meant = issue.errors.find((branch) => !refusesType(branch)) ?? issue.errors[0] ?? []
      return meant.flatMap((inner) => explain(inner, path, value))
    }
  }
  const [message = '', hint = ''] = issue.message.split('\n')
  // a missing key is shown where its section begins
  return [error(path, message, hint)]
}

/** What other programs call our keys. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['slaveid', 'unit'],
  ['slave', 'unit'],
  ['id', 'unit'],
  ['modbusid', 'unit'],
  ['host', 'connect'],
  ['ip', 'connect'],
  ['uri', 'connect'],
  ['address', 'connect'],
  ['device', 'connect'],
  ['port', 'connect'],
  ['baudrate', 'baud'],
  ['username', 'user'],
  ['template', 'mapping'],
  ['driver', 'mapping'],
  ['fuse', 'limit'],
  ['maxcurrent', 'limit'],
  ['csms', 'upstream'],
  ['rotation', 'phases'],
])

/** Keys that are missed at a device, and where what they mean is written. */
const WRITTEN_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['baud', 'a serial port has it: `connect: "rtu:/dev/ttyUSB0?baud=9600&format=8N1"`, or name a `bus`'],
  ['format', 'a serial port has it: `connect: "rtu:/dev/ttyUSB0?baud=9600&format=8N1"`, or name a `bus`'],
  ['user', 'write `login: {user: NAME, password: {secret: NAME}}`'],
  ['password', 'write `login: {user: NAME, password: {secret: NAME}}`'],
  ['insecure', 'write it in `connect`: `https://HOST?insecure=yes`'],
])

function unknownKeyHint(key: string, known: readonly string[]): string {
  // a station and a group of stations have keys of their own
  if (known.includes(key)) return 'it belongs to a member, not to the station of the members'
  const elsewhere = known.includes('connect') && known.includes('mapping') ? WRITTEN_ELSEWHERE.get(key) : undefined
  if (elsewhere !== undefined) return elsewhere
  const meant = OTHER_NAMES.get(key.toLowerCase().replaceAll(/[^a-z]/g, ''))
  if (meant !== undefined && known.includes(meant)) return `did you mean \`${meant}\`?`
  return nearestHint(key, known)
}

function refusesType(branch: readonly z.core.$ZodIssue[]): boolean {
  return branch.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0)
}

export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

let jsonSchema: Record<string, unknown> | null = null

/** The keys that the schema has at a path of the file, e.g. `['stations', 'CP-001', 'fail-safe']`. */
function knownKeys(path: ConfigPath): readonly string[] {
  jsonSchema ??= siteJsonSchema()
  let schemas = branchesOf(jsonSchema)
  for (const part of path) {
    schemas = schemas.flatMap((schema) =>
      branchesOf(property(property(schema, 'properties'), String(part)) ?? property(schema, 'additionalProperties')),
    )
  }
  const keys = schemas.flatMap((schema) => {
    const own = property(schema, 'properties')
    return isSection(own) ? Object.keys(own) : []
  })
  return [...new Set(keys)]
}

function branchesOf(schema: unknown): readonly unknown[] {
  const branches = property(schema, 'anyOf')
  return Array.isArray(branches) ? branches : [schema]
}

function property(value: unknown, key: string): unknown {
  return isSection(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
