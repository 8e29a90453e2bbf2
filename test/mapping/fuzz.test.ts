/**
 * Whatever a device answers and whatever a file says: no crash, no endless loop, no NaN or infinity, and what is missing is never 0 (H16 to
 * H24, H57). The cases are the same each time (test/seed.ts).
 */
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify, parse } from 'yaml'
import {
  asInstalled,
  createDevice,
  explainPlan,
  instantClock,
  loadMapping,
  mappingLibrary,
  memoryLink,
  missingFrom,
  runExamples,
  simulateDevice,
} from '../../src/mapping/index.ts'
import type { Mapping, OptionValue } from '../../src/mapping/index.ts'
import { ampsOf } from '../../src/mapping/values/encode.ts'
import { evaluate, parseExpression } from '../../src/mapping/values/expression.ts'
import type { Expression, Scalar, Value } from '../../src/mapping/values/expression.ts'
import { illegalAddress } from '../../src/mapping/examples/memory-link.ts'
import { writesOf } from '../../src/mapping/language/safety.ts'
import type { DocumentLink, Link, RegisterBank } from '../../src/model/driver.ts'
import type { DeviceCommand } from '../../src/model/device.ts'
import { BridgeError, isBridgeError } from '../../src/model/errors.ts'
import type { DeviceReading } from '../../src/model/signal.ts'

const signal = new AbortController().signal
const library = mappingLibrary()
function loadable(name: string): Mapping | null {
  try {
    return library.load(name)
  } catch (error) {
    if (isBridgeError(error, 'MAPPING_INVALID')) return null
    throw error
  }
}

// A file that does not load has its own failure in mappings.test.ts.
const files = library
  .list()
  .filter(({ name }) => loadable(name) !== null)
  .map(({ name, path }) => ({ name, path, text: readFileSync(path, 'utf8') }))

/** Every meter and variant of every shipped file, each as a mapping of its own. */
const views: readonly Mapping[] = files.flatMap(({ name }) => {
  const file = library.load(name)
  return [file, ...file.meters.values()].flatMap((view) => [
    { ...view, variants: [] },
    ...view.variants.map(({ mapping }) => mapping),
  ])
})

/** A number from 0 to 1 that is the same for the same words. */
function chance(...parts: readonly (string | number)[]): number {
  let hash = 2_166_136_261
  for (const letter of parts.join('/')) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619)
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}

const ODD_WORDS = [0, 1, 0xffff, 0x8000, 0x7fff, 0x7fc0, 0x7f80, 0xff80, 0x4163, 0x5375] as const

/** Registers that hold anything, some of which are not there. `missing` is the share of these. */
function wildBank(seed: number, missing: number): RegisterBank {
  const isMissing = (table: string, address: number): boolean => chance(seed, 'missing', table, address) < missing
  return {
    read: ({ table, address, count }) =>
      Array.from({ length: count }, (_, offset) => {
        const at = address + offset
        if (isMissing(table, at)) throw illegalAddress(table, at)
        const dice = chance(seed, table, at)
        if (table === 'coil' || table === 'discrete') return dice < 0.5 ? 0 : 1
        const odd = ODD_WORDS[Math.floor(chance(seed, 'odd', at) * ODD_WORDS.length)] ?? 0
        return dice < 0.4 ? odd : Math.floor(chance(seed, 'word', at) * 65_536)
      }),
    write: () => undefined,
  }
}

const ODD_TEXTS = [
  '',
  '{}',
  'null',
  '[]',
  '"x"',
  '1e999',
  '-1',
  '{"a": {"a": {"a": 1e308}}}',
  'a=1\nb=NaN',
  '[[1,2],[3]]',
  '\u0000',
  '{',
] as const

/** A device that answers any question with something. */
function wildDocuments(seed: number): DocumentLink {
  const answer = async (request: object) => {
    const text = JSON.stringify(request)
    const dice = chance(seed, text)
    if (dice < 0.2) throw new BridgeError('DEVICE_TIMEOUT', 'silent')
    const body = ODD_TEXTS[Math.floor(dice * ODD_TEXTS.length)] ?? ''
    if ('kind' in request && request.kind === 'telegram')
      return { body: new Map([['1-0:1.8.0', { value: dice < 0.5 ? Number.NaN : 'x', unit: 'kWh' }]]), at: 0 }
    return { body, at: 0 }
  }
  return {
    kind: 'documents',
    url: 'memory:',
    state: 'open',
    counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
    ask: (request, options) => {
      options.signal.throwIfAborted()
      return answer(request)
    },
    tell: async () => null,
    trace: () => () => undefined,
    close: async () => undefined,
  }
}

function linkTo(mapping: Mapping, seed: number, missing: number): Link {
  return mapping.documents === null ? memoryLink(wildBank(seed, missing)) : wildDocuments(seed)
}

/** Values for options that must be set. */
function optionsOf(mapping: Mapping): Readonly<Record<string, OptionValue>> {
  const needed = [...mapping.options].filter(([, option]) => option.default === null)
  return Object.fromEntries(
    needed.map(([name, { type, choices, range }]) => [name, choices[0] ?? (type === 'text' ? 'x' : (range?.min ?? 1))]),
  )
}

/** One poll; null when the device was silent or is another one, which is an answer too. */
async function poll(mapping: Mapping, link: Link): Promise<readonly DeviceReading[] | null> {
  const device = createDevice(mapping, link, { clock: instantClock(), connectors: 1, options: optionsOf(mapping) })
  try {
    return await device.poll('all', signal)
  } catch (error) {
    if (isBridgeError(error)) return null
    throw error
  }
}

/** Every number in a reading is a number. */
function checkNumbers(value: unknown, where: string): void {
  if (typeof value === 'number') expect(Number.isFinite(value), `${where} is ${value}`).toBe(true)
  else if (Array.isArray(value)) for (const one of value) checkNumbers(one, where)
}

function checkReading(mapping: Mapping, readings: readonly DeviceReading[] | null): void {
  for (const { values } of readings ?? [])
    for (const [name, value] of Object.entries(values)) checkNumbers(value, `${mapping.name}: ${name}`)
}

describe('any registers', () => {
  test.each([0, 0.02, 0.3])('are a reading of numbers, with every %d of them not there', async (missing) => {
    for (const mapping of views)
      for (const seed of [1, 2, 3]) checkReading(mapping, await poll(mapping, linkTo(mapping, seed, missing)))
  })

  test('none at all are no values: nothing is 0', async () => {
    for (const mapping of views.filter(
      ({ documents, transport }) => documents === null && transport.sunspec === null,
    )) {
      const [reading] = (await poll(mapping, memoryLink(wildBank(1, 1)))) ?? []
      // What an option alone decides needs no register.
      const made = Object.entries(reading?.values ?? {}).filter(([, value]) => value !== null)
      expect(made, mapping.name).toEqual([])
    }
  })

  test('a value whose register is not there is missing, and so is what is worked out of it', async () => {
    for (const mapping of views.filter(
      ({ documents, transport }) => documents === null && transport.sunspec === null,
    )) {
      for (const seed of [4, 5]) {
        const bank = wildBank(seed, 0.15)
        const isThere = (table: string, address: number, count: number): boolean => {
          try {
            if (table === 'field') return false
            bank.read({ kind: 'registers', unit: 1, table: table as 'holding', address, count })
            return true
          } catch {
            return false
          }
        }
        const [reading] = (await poll(mapping, memoryLink(bank))) ?? []
        for (const [name, source] of mapping.signals) {
          if (source.kind !== 'point' || source.point.perPhase || source.point.addresses[0]?.expression !== null)
            continue
          if (isThere(source.point.table, source.point.addresses[0].base, source.point.words)) continue
          expect(reading?.values[name] ?? null, `${mapping.name}: ${name}`).toBeNull()
        }
      }
    }
  })

  test('any order becomes a frame that means 0 A or 6 A and more, or is refused', async () => {
    const chargers = views.filter(({ write, documents }) => write !== null && documents === null)
    for (const mapping of chargers) {
      const setPoints = writesOf(mapping.write?.current ?? []).filter(
        ({ unit, calc, value, bits }) => unit?.quantity === 'A' && calc === null && value === null && bits === null,
      )
      const options = { clock: instantClock(), connectors: 1, options: optionsOf(mapping) }
      const device = createDevice(mapping, linkTo(mapping, 7, 0), options)
      for (const amps of [0.1, 5.99, 6, 6.04, 7.77, 15.999, 32, 33, 1e9, Number.NaN, -1, Number.POSITIVE_INFINITY]) {
        for (const kind of ['current', 'resume'] as const) {
          const writes = await device.command(1, { kind, amps }, signal).catch((error: unknown) => {
            if (isBridgeError(error)) return []
            throw error
          })
          for (const write of writes) {
            const point = setPoints.find(
              ({ address, table }) => address.base === write.address && table === write.table,
            )
            const meant = point === undefined ? null : ampsOf(point, write.words)
            if (meant !== null && meant !== 0) {
              expect(meant, `${mapping.name}: ${amps} A`).toBeGreaterThanOrEqual(6)
              expect(meant, `${mapping.name}: ${amps} A`).toBeLessThanOrEqual(amps + 1e-6)
            }
          }
        }
      }
    }
  })
})

/** Plain YAML data. */
type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree }

const ODD_VALUES: readonly Tree[] = [
  null,
  true,
  0,
  -1,
  65_535,
  65_536,
  1e308,
  0.5,
  '',
  'x',
  'A',
  'power',
  '203.W',
  '{n}',
  'n * 70000',
  '0 or 6..32 A',
  '1/0 W',
  [],
  [0],
  [1, 2, 3],
  {},
  { at: 0 },
  { calc: 'power' },
  { 0: 0 },
]

function placesIn(tree: Tree, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof tree !== 'object' || tree === null) return [path]
  const entries: [string | number, Tree][] = Array.isArray(tree) ? [...tree.entries()] : Object.entries(tree)
  return [path, ...entries.flatMap(([key, value]) => placesIn(value, [...path, key]))]
}

function valueAt(tree: Tree, path: readonly (string | number)[]): Tree {
  let value: Tree | undefined = tree
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return null
    value = Array.isArray(value) ? value[Number(key)] : value[key]
  }
  return value ?? null
}

function kindOf(value: Tree): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
}

/** The tree with one place changed: `put` stands there, or nothing when it is undefined. */
function changed(tree: Tree, path: readonly (string | number)[], put: Tree | undefined): Tree {
  const [key, ...rest] = path
  if (key === undefined) return put ?? null
  if (Array.isArray(tree))
    return tree.flatMap((value, index) =>
      index !== key ? [value] : rest.length === 0 ? (put === undefined ? [] : [put]) : [changed(value, rest, put)],
    )
  if (typeof tree !== 'object' || tree === null) return tree
  const result: Record<string, Tree> = {}
  for (const [name, value] of Object.entries(tree)) {
    if (name !== String(key)) result[name] = value
    else if (rest.length > 0) result[name] = changed(value, rest, put)
    else if (put !== undefined) result[name] = put
  }
  return result
}

function refusals(error: unknown): void {
  if (!isBridgeError(error)) throw error
}

/** Everything that is done with a file that loads. */
async function live(mapping: Mapping): Promise<void> {
  explainPlan(mapping)
  missingFrom(mapping)
  await runExamples(mapping)
  checkReading(mapping, await poll({ ...mapping, variants: [] }, linkTo(mapping, 11, 0.1)))
  const clock = instantClock()
  const options = optionsOf(mapping)
  try {
    const simulated = simulateDevice(asInstalled(mapping, { options }), { clock })
    simulated.set({ state: 'C', current: [10, 10, 10], power: 6900, energy: 1 })
    if (mapping.documents !== null) return
    const device = createDevice(mapping, memoryLink(simulated.units), { clock, options })
    await device.connect(signal).catch(refusals)
    for (const command of COMMANDS) await device.command(1, command, signal).catch(refusals)
    clock.advance(60_000)
    await device.serve(signal).catch(refusals)
    checkReading(mapping, await device.poll('all', signal).catch(() => null))
  } catch (error) {
    refusals(error)
  }
}

const COMMANDS: readonly DeviceCommand[] = [
  { kind: 'resume', amps: 10 },
  { kind: 'current', amps: 7.3 },
  { kind: 'pause' },
  { kind: 'phases', count: 1 },
  { kind: 'wake' },
  { kind: 'unlock' },
  { kind: 'failsafe', amps: 8, timeoutSeconds: 30 },
]

describe('any file', () => {
  const bases = new Map(files.map(({ name, text, path }) => [name, { text, file: path }]))
  const base = (name: string) => bases.get(name) ?? { problem: 'not here', hint: '' }

  test('a shipped file with a changed value is a list of problems, or a mapping that can be worked with', async () => {
    const trees = files.map(({ name, text }) => ({ name, tree: parse(text, { version: '1.2' }) as Tree }))
    const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    const step = fc.record({
      at: share,
      put: fc.oneof(
        // Something that stands elsewhere in the file, of the same kind: many of these load.
        { weight: 6, arbitrary: share.map((from) => ({ from })) },
        { weight: 2, arbitrary: fc.constantFrom(...ODD_VALUES).map((odd) => ({ odd })) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
    })
    const change = fc.record({ file: fc.constantFrom(...trees), steps: fc.array(step, { minLength: 1, maxLength: 3 }) })
    let loaded = 0
    await fc.assert(
      fc.asyncProperty(change, async ({ file, steps }) => {
        let { tree } = file
        for (const { at, put } of steps) {
          const places = placesIn(tree)
          const path = places[Math.floor(at * places.length)] ?? []
          const here = valueAt(tree, path)
          const others = places.map((other) => valueAt(tree, other)).filter((other) => kindOf(other) === kindOf(here))
          const value = put === null ? undefined : 'odd' in put ? put.odd : others[Math.floor(put.from * others.length)]
          tree = changed(tree, path, value)
        }
        const result = loadMapping(stringify(tree), `${file.name}.yaml`, { base })
        if ('mapping' in result) {
          loaded += 1
          return live(result.mapping)
        }
        expect(result.problems.length).toBeGreaterThan(0)
        for (const { line, column, message } of result.problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
          expect(message).not.toBe('')
        }
        return undefined
      }),
      { numRuns: 600 },
    )
    expect(loaded).toBeGreaterThan(60)
  })

  test('any text is a list of problems', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.string({ maxLength: 400, unit: 'binary' })), (text) => {
        const result = loadMapping(text, 'any.yaml')
        expect('problems' in result && result.problems.length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

/** An expression and its text. */
const expressionText: fc.Arbitrary<string> = fc.letrec<{ whole: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'list', 'missing', 'power'),
    fc.constantFrom('0', '1', '2.5', '1000000000', '0xFFFF', '0.000001'),
  ),
  whole: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc
      .tuple(tie('whole'), fc.constantFrom('+', '-', '*', '/', '==', '!=', '<', '>=', 'and', 'or'), tie('whole'))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    tie('whole').map((inner) => `not (${inner})`),
    tie('whole').map((inner) => `-(${inner})`),
    fc
      .tuple(fc.constantFrom('sum', 'min', 'max'), tie('whole'), tie('whole'))
      .map(([name, a, b]) => `${name}(${a}, ${b})`),
  ),
})).whole

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1, 1e308, -1e308, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Whether the rules of the language leave no choice: this must be missing. */
function mustBeMissing(expression: Expression, valueOf: (name: string) => Value): boolean {
  switch (expression.kind) {
    case 'number':
      return false
    case 'name':
      return valueOf(expression.name) === null
    case 'negate':
    case 'not':
      return mustBeMissing(expression.operand, valueOf)
    case 'call':
      return expression.operands.every((operand) => mustBeMissing(operand, valueOf))
    case 'binary': {
      const left = mustBeMissing(expression.left, valueOf)
      const right = mustBeMissing(expression.right, valueOf)
      return expression.operator === 'and' || expression.operator === 'or' ? left && right : left || right
    }
  }
}

function isFine(value: Scalar): boolean {
  return value === null || typeof value === 'boolean' || Number.isFinite(value)
}

describe('any expression', () => {
  test('is a number, true, false or missing; a missing operand makes it missing', () => {
    const values = fc.record({
      a: scalar,
      b: scalar,
      c: scalar,
      power: scalar,
      list: fc.array(scalar, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(expressionText, values, (text, { a, b, c, power, list }) => {
        const expression = parseExpression(text)
        // Too long or nested too deep is a sentence.
        if (typeof expression === 'string') return
        const known: Readonly<Record<string, Value>> = { a, b, c, power, list, missing: null }
        const valueOf = (name: string): Value => known[name] ?? null
        const value = evaluate(expression, valueOf)
        const scalars: readonly Scalar[] = Array.isArray(value) ? value : [value as Scalar]
        expect(scalars.every(isFine)).toBe(true)
        if (mustBeMissing(expression, valueOf)) expect(scalars.every((one) => one === null)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('any text is an expression or a sentence', () => {
    const letters = fc.constantFrom(
      ...'ab01.x()+-*/<>=!, \t"\'[]{}&|^~%$#@\\\n'.split(''),
      'and ',
      'or ',
      'not ',
      'sum(',
      '0x',
    )
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 250 }), (parts) => {
        const expression = parseExpression(parts.join(''))
        if (typeof expression === 'string') expect(expression).not.toBe('')
        else evaluate(expression, () => 1)
      }),
      { numRuns: 2000 },
    )
  })
})
