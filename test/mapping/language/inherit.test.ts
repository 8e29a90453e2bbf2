import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatProblem, loadMapping, mappingLibrary } from '../../../src/mapping/index.ts'
import type { Mapping } from '../../../src/mapping/index.ts'
import { CHARGER } from '../example-mappings.ts'

const BASE = `source: a manual
also: [Acme Box 22]
tried: 3
${CHARGER.trimStart()}
examples:
  - {given: {10: [60, 60, 60]}, expect: {current: [6, 6, 6]}}
`

/** Files by name; the first one is loaded. */
function load(files: Readonly<Record<string, string>>): Mapping | readonly string[] {
  const [name = '', text = ''] = Object.entries(files)[0] ?? []
  const result = loadMapping(text, `${name}.yaml`, {
    base: (wanted, above) => {
      const found = files[wanted]
      if (found === undefined) return { problem: `there is no mapping "${wanted}"`, hint: '' }
      return above.includes(`${wanted}.yaml`)
        ? { problem: `"${wanted}" is derived from itself`, hint: '' }
        : { text: found, file: `${wanted}.yaml` }
    },
  })
  return 'mapping' in result ? result.mapping : result.problems.map(formatProblem)
}

function mappingOf(files: Readonly<Record<string, string>>): Mapping {
  const result = load(files)
  if (!('device' in result)) throw new Error(result.join('\n'))
  return result
}

describe('a derived file', () => {
  test('says only what differs: maps are merged, the rest is replaced', () => {
    const mapping = mappingOf({
      own: 'device: Badge One\nfrom: acme\nread: {power: {unit: 0.1 W}, frequency: {at: 40, unit: Hz}}\n',
      acme: BASE,
    })
    const power = mapping.signals.get('power')
    expect(power?.kind === 'point' && [power.point.addresses[0]?.base, power.point.unit?.text]).toEqual([20, '0.1 W'])
    expect([...mapping.signals.keys()]).toEqual(['current', 'power', 'energy', 'frequency'])
    expect(mapping).toMatchObject({
      name: 'own',
      file: 'own.yaml',
      device: 'Badge One',
      vendor: 'Badge',
      kind: 'charger',
    })
  })

  test('takes nothing over that a file says of itself', () => {
    const mapping = mappingOf({ own: 'device: Badge One\nfrom: acme\n', acme: BASE })
    expect(mapping).toMatchObject({ sources: [], also: [], notes: [], triedBy: 0, examples: [] })
  })

  test('removes with null', () => {
    const mapping = mappingOf({ own: 'device: Badge One\nfrom: acme\nread: {energy: null}\n', acme: BASE })
    expect(mapping.signals.has('energy')).toBe(false)
  })

  test('replaces a list whole', () => {
    const own = 'device: Badge One\nfrom: acme\nread: {current: {at: [50, 52]}}\n'
    const current = mappingOf({ own, acme: BASE }).signals.get('current')
    expect(current?.kind === 'point' && current.point.addresses.map(({ base }) => base)).toEqual([50, 52])
  })

  test('may have a base that is derived too', () => {
    const mapping = mappingOf({
      own: 'device: C\nfrom: middle\nmodbus: {unit: 3}\n',
      middle: 'device: B\nfrom: acme\nmodbus: {unit: 2, max_read: 20}\n',
      acme: BASE,
    })
    expect(mapping.transport).toMatchObject({ unit: 3, maxRead: 20, tcpPort: 502 })
  })

  test('keeps the order in which bits name a fault: the base’s, then its own', () => {
    const error = 'error: {at: 30, bits: {7: {code: GroundFailure}, 2: {code: HighTemperature}}}'
    const mapping = mappingOf({
      own: 'device: B\nfrom: acme\nread: {error: {bits: {9: {code: WeakSignal}, 7: null}}}\n',
      acme: BASE.replace('  power:', `  ${error}\n  power:`),
    })
    expect(mapping.error?.bits.map(({ bit }) => bit)).toEqual([2, 9])
  })
})

describe('problems of a derived file', () => {
  test('are told of the file in which the wrong line stands', () => {
    const own = 'device: B\nfrom: acme\nread:\n  power: {unit: Watt}\n'
    expect(load({ own, acme: BASE })).toEqual([expect.stringMatching(/^own\.yaml:4:11: read\.power\.unit: /u)])
    const wrong = BASE.replace('unit: Wh', 'unit: Ah')
    const line = wrong.slice(0, wrong.indexOf('energy:')).split('\n').length
    expect(load({ own: 'device: B\nfrom: acme\n', acme: wrong })).toEqual([
      expect.stringMatching(new RegExp(`^acme\\.yaml:${line}:\\d+: read\\.energy\\.unit: `, 'u')),
    ])
  })

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['an unknown base', { own: 'device: B\nfrom: nobody\n' }, /^own\.yaml:2:1: from: there is no mapping "nobody"/u],
    ['itself', { own: 'device: B\nfrom: own\n' }, /^own\.yaml:2:1: from: "own" is derived from itself/u],
    [
      'a ring',
      { own: 'device: B\nfrom: other\n', other: 'device: C\nfrom: own\n' },
      /^other\.yaml:2:1: from: "own" is derived from itself/u,
    ],
    [
      'a tower',
      {
        a: 'device: A\nfrom: b\n',
        b: 'device: B\nfrom: c\n',
        c: 'device: C\nfrom: d\n',
        d: 'device: D\nfrom: e\n',
        e: BASE,
      },
      /^d\.yaml:2:1: from: more than 3 files/u,
    ],
    ['a path', { own: 'device: B\nfrom: ../acme.yaml\n', acme: BASE }, /is not the name of a mapping/u],
    ['a number', { own: 'device: B\nfrom: 7\n' }, /is not the name of a mapping/u],
    ['a base that is no YAML', { own: 'device: B\nfrom: acme\n', acme: 'a: [' }, /^acme\.yaml:1/u],
    [
      'a base removed to nothing',
      { own: 'device: B\nfrom: acme\nwrite: {pause: null}\n', acme: BASE },
      /`pause` is missing/u,
    ],
  ])('%s', (_, files, text) => {
    const found = load(files)
    expect('device' in found ? 'loaded' : found[0]).toMatch(text)
  })

  test('without a library a base cannot be found', () => {
    const result = loadMapping('device: B\nfrom: acme\n', 'own.yaml')
    expect('problems' in result && result.problems[0]?.message).toContain('cannot be looked up here')
  })
})

describe('in a library', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'derived-'))
    mkdirSync(join(folder, 'own'))
    mkdirSync(join(folder, 'shipped'))
    writeFileSync(join(folder, 'shipped', 'acme.yaml'), BASE)
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const library = () => mappingLibrary([join(folder, 'own'), join(folder, 'shipped')])

  test('a file that hides a shipped one may be derived from it', () => {
    writeFileSync(join(folder, 'own', 'acme.yaml'), 'device: My Acme\nfrom: acme\nmodbus: {unit: 7}\n')
    expect(library().load('acme')).toMatchObject({ device: 'My Acme', transport: { unit: 7, tcpPort: 502 } })
  })

  test('the user’s base wins over a shipped one', () => {
    writeFileSync(join(folder, 'own', 'acme.yaml'), BASE.replace('unit: 1}', 'unit: 9}'))
    writeFileSync(join(folder, 'shipped', 'badge.yaml'), 'device: Badge\nfrom: acme\n')
    expect(library().load('badge').transport.unit).toBe(9)
  })

  test('a changed base is read again', () => {
    writeFileSync(join(folder, 'own', 'badge.yaml'), 'device: Badge\nfrom: acme\n')
    const files = library()
    const first = files.load('badge')
    expect(files.load('badge')).toBe(first)
    writeFileSync(join(folder, 'shipped', 'acme.yaml'), BASE.replace('unit: 1}', 'unit: 4}'))
    utimesSync(join(folder, 'shipped', 'acme.yaml'), 1, 1)
    expect(files.load('badge').transport.unit).toBe(4)
  })

  test('a misspelt base has a near name', () => {
    writeFileSync(join(folder, 'own', 'badge.yaml'), 'device: Badge\nfrom: acne\n')
    expect(() => library().load('badge')).toThrow('did you mean "acme"?')
  })
})
