import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatProblem, loadMapping, mappingJsonSchema, mappingLibrary } from '../../../src/mapping/index.ts'
import type { Problem } from '../../../src/mapping/index.ts'
import { charger, CHARGER, mapped } from '../example-mappings.ts'

function problems(...changes: readonly (readonly [string, string])[]): readonly Problem[] {
  const result = loadMapping(charger(...changes), 'acme-box.yaml')
  return 'problems' in result ? result.problems : []
}

test('a sound file has no problem', () => {
  expect(problems()).toEqual([])
})

test('every problem is named at once, with place and hint', () => {
  const found = problems(
    ['unit: W}', 'unti: W}'],
    ['kind: charger', 'kind: chargre'],
    ['range: 6..16 A', 'range: 6..16 A, fc: 7'],
  ).map(formatProblem)
  expect(found).toHaveLength(3)
  expect(found[0]).toBe('acme-box.yaml:3:1: kind: "chargre" does not fit here (did you mean "charger"?)')
  expect(found[1]).toMatch(/^acme-box.yaml:10:\d+: read\.power\.unti: unknown key "unti" \(did you mean "unit"\?\)$/u)
  expect(found[2]).toContain('write.current.fc')
})

describe('wrong words', () => {
  test.each<[string, readonly [string, string], string]>([
    ['key of another language', ['at: 20', 'address: 20'], 'the language says at'],
    ['scale key', ['unit: 0.1 A}', 'unit: A, scale: 0.1}'], 'unit: 0.1 A'],
    ['misspelt signal', ['power:   {', 'pwoer:   {'], 'did you mean "power"'],
    ['misspelt command', ['pause:', 'puase:'], 'did you mean "pause"'],
    ['later part of the language', ['kind: charger', 'kind: charger\nsources: []'], 'not supported by this version'],
    [
      'two ways to connect',
      ['kind: charger', 'kind: charger\nhttp: {documents: {status: {get: /x}}}'],
      'exclude each other',
    ],
    ['a place in a document where there are registers', ['at: 20,', 'path: status.power,'], 'is not for registers'],
    ['SunSpec', ['at: 20,', 'at: 203.W,'], 'SunSpec'],
    ['unknown unit', ['unit: W}', 'unit: Watt}'], 'not a unit'],
    ['unit of another quantity', ['unit: W}', 'unit: A}'], 'the unit is of A'],
    ['no unit', [', unit: W}', '}'], '`unit` is missing'],
    ['one address for phases that must differ', ['[10, 11, 12]', '[10, 10, 12]'], 'share one register'],
    ['phases where one value is wanted', ['at: 20,', 'at: [20, 22],'], 'one value'],
    ['unknown name', ['C: 3, F: 9}', 'C: 3, F: 9}\npoints: {x: {calc: runn + 1}}'], '"runn" is not a point'],
    [
      'a name that needs itself',
      ['C: 3, F: 9}', 'C: 3, F: 9}\npoints: {x: {calc: y + 1}, y: {calc: x + 1}}'],
      'needs its own value',
    ],
    ['syntax', ['C: 3, F: 9}', 'C: 3, F: 9}\npoints: {x: {calc: 1 +}}'], 'ends too early'],
    ['no connection', ['tcp: 502, ', ''], 'say how the device is connected'],
    ['serial setting', ['tcp: 502', 'rtu: 9600-8N1'], 'baud rate and format'],
    ['no state', ['state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}', ''], 'a charger needs `state`'],
    [
      'unknown OCPP error',
      ['  energy:', '  error: {at: 30, map: {1: {code: GroundFailur}}}\n  energy:'],
      'did you mean "GroundFailure"',
    ],
  ])('%s', (_, change, text) => {
    const found = problems(change).map(formatProblem).join('\n')
    expect(found).toContain(text)
  })
})

describe('registers and numbers (H16, H18, H19)', () => {
  test.each<[string, readonly [string, string], string]>([
    ['register 65536', ['at: 20,', 'at: 65536,'], 'end at 65535'],
    ['register -1', ['at: 20,', 'at: -1,'], 'counted from 0'],
    ['half a register', ['at: 20,', 'at: 20.5,'], 'read.power.at'],
    ['a 32-bit value at 65535', ['at: 20,', 'at: 65535,'], 'past the last register'],
    ['count 126', ['unit: 1}', 'unit: 1, max_read: 126}'], 'at most 125'],
    ['count 0', ['unit: 1}', 'unit: 1, max_read: 0}'], 'at least 1'],
    ['a value longer than a request', ['unit: 1}', 'unit: 1, max_read: 1}'], 'max_read'],
    ['bit 16 of a word', ['C: 3, F: 9}', 'C: 3, F: 9}\npoints: {x: {at: 1, bit: 16}}'], 'bits 0 to 15'],
    ['an enum with two names for one value', ['B: 2', 'B: [1, 2]'], 'already means another state'],
    ['a value wider than its bits', ['state: {at: 0,', 'state: {at: 0, bits: 2..0,'], 'does not fit 3 bits'],
    ['scale 0', ['unit: W}', 'unit: 0 W}'], '0'],
    ['scale 1e308', ['unit: W}', 'unit: 1e308 W}'], 'not a unit'],
    ['scale NaN', ['unit: W}', 'unit: NaN W}'], 'not a unit'],
    ['divided by nothing', ['unit: W}', 'unit: 1/0 W}'], 'infinite'],
    ['offset as text', ['unit: W}', 'unit: W, offset: much}'], 'offset'],
  ])('%s is refused', (_, change, text) => {
    expect(problems(change).map(formatProblem).join('\n')).toContain(text)
  })

  test('no order means ABCD, the order of Modbus itself', () => {
    const power = mapped(CHARGER).signals.get('power')
    expect(power?.kind === 'point' && power.point.order).toBe('ABCD')
  })
})

test('a file with thousands of points is refused (H24)', () => {
  const points = Array.from({ length: 3000 }, (_, index) => `  p${index}: {at: ${index}}`).join('\n')
  expect(problems(['kind: charger', `kind: charger\npoints:\n${points}`])[0]?.message).toBe(
    'more than 200 points in one file',
  )
})

describe('what a charger file must never allow', () => {
  test.each<[string, readonly [string, string], string]>([
    ['no pause', ['  pause:   {at: 100, value: 0}\n', ''], '`pause` is missing'],
    ['a limit under 6 A', ['range: 6..16 A', 'range: 5..16 A'], 'IEC 61851-1'],
    ['zero as a set-point range', ['range: 6..16 A', 'range: 0..16 A'], 'IEC 61851-1'],
    [
      'a constant of 3 A',
      ['  pause:', '  resume:  [current, {at: 100, value: 30}]\n  pause:'],
      '3 A in the set-point register',
    ],
    [
      'a fail-safe under 6 A',
      ['  pause:', '  failsafe: {current: {at: 110, unit: A, range: 1..16 A}}\n  pause:'],
      'IEC 61851-1',
    ],
    [
      'a fail-safe that nobody feeds',
      ['  pause:', '  failsafe: {timeout: {at: 111, unit: s}}\n  pause:'],
      'needs `alive`',
    ],
    ['flash without a limit', ['range: 6..16 A', 'range: 6..16 A, wears: true'], 'a register that wears'],
    [
      'flash that is rewritten',
      ['range: 6..16 A', 'range: 6..16 A, wears: true, on_change: true, rewrite: 20s'],
      'must not be rewritten',
    ],
    [
      'writes that tear each other (H17)',
      ['  pause:', '  wake:    {at: 99, type: u32, value: 1}\n  pause:'],
      'overlap',
    ],
    [
      'function 6 for two registers',
      ['at: 100, unit: 0.1 A,', 'at: 100, unit: 0.1 A, type: u32, fc: 6,'],
      'function 6 writes one register',
    ],
    [
      'a coil function on a register',
      ['at: 100, unit: 0.1 A,', 'at: 100, unit: 0.1 A, fc: 5,'],
      'function 5 writes coils',
    ],
    ['a value that does not fit', ['value: 0}', 'value: 70000}'], '70000 does not fit u16'],
    [
      'a pause elsewhere without a way back',
      ['pause:   {at: 100, value: 0}', 'pause:   {at: 101, value: 0}'],
      '`resume` is missing',
    ],
    [
      'a keep-alive later than the time-out',
      ['  pause:', '  failsafe: {timeout: {at: 111, unit: s}}\n  alive: {every: timeout/1}\n  pause:'],
      'well before',
    ],
  ])('%s', (_, change, text) => {
    expect(problems(change).map(formatProblem).join('\n')).toContain(text)
  })

  test('`alive: none` needs a reason', () => {
    const lines = problems(['note: test\n', ''], ['  pause:', '  alive: none\n  pause:']).map(formatProblem)
    expect(lines.join()).toContain('needs a `note`')
  })

  test('without a range a set-point is 6 to 32 A', () => {
    const [step] = mapped(charger([', range: 6..16 A', ''])).write?.current ?? []
    expect(step?.kind === 'write' && step.point.range).toEqual({ min: 6, max: 32, orZero: false })
  })
})

describe('any file', () => {
  const files = mappingLibrary()
    .list()
    .map(({ path }) => readFileSync(path, 'utf8'))

  test('a damaged file is a list of problems or a mapping, never an exception (H22)', () => {
    const damage = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(12),
      put: fc.constantFrom('', ':', '{', ']', '-1', '&a', '99999', 'x', '"', '\n', ' ', '[]', 'null', 'true'),
    })
    fc.assert(
      fc.property(damage, ({ file, at, cut, put }) => {
        const place = Math.floor(at * file.length)
        const result = loadMapping(file.slice(0, place) + put + file.slice(place + cut), 'damaged.yaml')
        if ('mapping' in result) return
        expect(result.problems.length).toBeGreaterThan(0)
        for (const found of result.problems) expect(found.line).toBeGreaterThan(0)
      }),
      { numRuns: 400 },
    )
  })

  test('editors get a schema that knows every key', () => {
    const text = JSON.stringify(mappingJsonSchema())
    for (const key of ['max_read', 'failsafe', 'readback', 'frequency', 'unit_step', 'on_change'])
      expect(text).toContain(`"${key}"`)
    expect(text.length).toBeLessThan(200_000)
  })
})
