import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSiteFile } from '../../src/config/load-site-file.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { SITE_FILE_LIMIT_BYTES } from '../../src/config/source-text.ts'
import { KNOWN, load, problemsOf, siteText, station } from './site-text.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Writes the file and gives its problems as printed, from the line number on. */
async function problemsOfFile(content: string | Uint8Array): Promise<readonly string[]> {
  const path = join(folder, 'site.yaml')
  await writeFile(path, content)
  const { problems } = await loadSiteFile(path, KNOWN)
  return problems.map((problem) => formatProblem(problem).slice(path.length + 1))
}

describe('a right site file', () => {
  it('becomes a site with base units, defaults and resolved buses', async () => {
    const { config, problems } = await load(
      siteText({
        site: '{name: Parkhaus, timezone: Europe/Zurich}',
        buses: '{cellar: {connect: "rtu:/dev/ttyUSB7", baud: 9600, format: 8N1, echo: true}}',
        circuits: '{house: {limit: {L1: 63 A, L2: 50A, L3: 40.5 A}, meter: grid, fail-safe: 16 A}}',
        meters: '{grid: {mapping: sdm630, bus: cellar, unit: 7, phases: L2L3L1, reverse: true}}',
        stations: `{A: ${station('phases: L3, max: 16 A, fail-safe: {current: 0 A, after: 2 min}, upstream: u, start-values: {ConnectionTimeOut: 90}')}}`,
        upstreams: '{u: {url: "ws://localhost:9000/ocpp/"}}',
        web: '{listen: "[::1]:80"}',
      }),
    )
    expect(problems).toEqual([])
    expect(config).toEqual({
      name: 'Parkhaus',
      timezone: 'Europe/Zurich',
      folder: '/nowhere',
      circuits: [
        {
          id: 'house',
          parentId: null,
          limitAmps: { L1: 63, L2: 50, L3: 40.5 },
          meterId: 'grid',
          failSafeAmps: 16,
          carsMaxWatts: null,
          unbalanceAmps: null,
        },
      ],
      meters: [
        {
          id: 'grid',
          mapping: 'sdm630',
          options: {},
          meter: null,
          address: {
            connect: 'rtu:/dev/ttyUSB7',
            serial: { baud: 9600, format: '8N1' },
            echo: true,
            unit: 7,
            login: null,
            key: null,
          },
          rotation: ['L2', 'L3', 'L1'],
          reverse: true,
        },
      ],
      stations: [
        {
          id: 'A',
          chargers: [
            {
              id: 'A',
              mapping: 'keba-p30',
              options: {},
              address: { connect: 'tcp://10.0.0.1:502', serial: null, echo: false, unit: null, login: null, key: null },
              circuitId: 'house',
              connectors: null,
              rotation: ['L3'],
              maxAmps: 16,
              failSafeAmps: 0,
              failSafeAfterSeconds: 120,
              priority: 1,
              softMinAmps: null,
            },
          ],
          isGroup: false,
          authorize: 'free',
          freeIdToken: 'FREE',
          upstreamIds: ['u'],
          identity: { vendor: null, model: null, serial: null, firmware: null, meterType: null, meterSerial: null },
          startValues: { ConnectionTimeOut: '90' },
        },
      ],
      upstreams: [
        {
          id: 'u',
          url: 'ws://localhost:9000/ocpp',
          secureUrl: null,
          ocpp: '1.6',
          securityProfile: 0,
          password: null,
          certificateAuthorityFile: null,
          clientCertificateFile: null,
          clientKeyFile: null,
          keyType: 'ec',
          additionalRootCheck: false,
        },
      ],
      balancing: {
        strategy: 'fair',
        quantumWh: 10_000,
        voltage: 230,
        usualStayMs: 8 * 3_600_000,
        usualWh: 12_000,
      },
      tariff: null,
      demandTarget: null,
      plan: false,
      controller: null,
      signals: [],
      web: { host: '::1', port: 80, loopback: true },
      apiKeys: [],
      firmwareHook: null,
      transfers: { allow: [], certificateAuthorityFile: null },
    })
  })

  it('has a fail-safe of 6 A after 30 s where none is written', async () => {
    const { config } = await load(siteText())
    expect(config?.stations[0]?.chargers[0]).toMatchObject({ failSafeAmps: 6, failSafeAfterSeconds: 30 })
    expect(config).toMatchObject({ name: 'Site', timezone: 'UTC', web: null })
  })

  it('may begin with a byte order mark and end its lines with CR LF', async () => {
    expect(await problemsOfFile(`\uFEFF${siteText().replaceAll('\n', '\r\n')}`)).toEqual([])
  })

  it.each(['example.yaml', 'garage.yaml', 'small.yaml'])(
    'config/%s has no problem but the missing passwords',
    async (name) => {
      const text = await readFile(join(import.meta.dirname, '../../config', name), 'utf8')
      const { addresses = [] } = KNOWN
      const { problems } = await load(text, { addresses })
      const missing = ['this secret does not exist', 'this secret does not exist']
      expect(problems.map(({ message }) => message)).toEqual(name === 'small.yaml' ? [] : missing)
    },
  )
})

describe('H1 to H7: hostile and broken texts', () => {
  it('refuses more than 256 KiB before the parse', async () => {
    const [first, ...rest] = await problemsOfFile(Buffer.alloc(SITE_FILE_LIMIT_BYTES + 1, 'a: 1\n'))
    expect(first).toContain('1:1: (file): is larger than 256 KiB')
    expect(rest).toEqual([])
  })

  it('refuses the billion laughs', async () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (let n = 1; n < 10; n++) {
      const [name, before] = [String.fromCharCode(97 + n), String.fromCharCode(96 + n)]
      laughs.push(`${name}: &${name} [${Array<string>(9).fill(`*${before}`).join(', ')}]`)
    }
    expect((await problemsOf(laughs.join('\n'))).join('\n')).toContain('has too many aliases')
  })

  it.each([
    ['20,000 brackets', '['.repeat(20_000)],
    ['20,000 dashes', '- '.repeat(20_000)],
    ['20,000 braces', '{a: '.repeat(20_000)],
  ])('refuses %s as nested too deeply', async (_, text) => {
    expect((await problemsOf(text)).join('\n')).toContain('is nested too deeply')
  })

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the name %s everywhere', async (name) => {
    expect(await problemsOf(siteText({ [name]: '{polluted: true}' }))).toEqual([
      `3:1: ${name}: this name may not be used (choose another)`,
    ])
    expect((await problemsOf(siteText({ circuits: `{house: {limit: 63 A}, ${name}: {limit: 63 A}}` })))[0]).toContain(
      'may not be used',
    )
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it.each([
    ['a duplicate key', 'site: {name: a}\nsite: {name: b}\n', '2:1: site: is written twice'],
    ['a second document', 'site: {name: a}\n---\nsite: {name: b}\n', '2:1: (file): a second document begins here'],
    ['a tab as indentation', 'site:\n\tname: a\n', '2:1: (file): a tab indents this line'],
    ['a NUL', 'site: {name: "a\0b"}\n', '1:16: (file): holds the invisible character U+0000'],
    ['a reading direction mark', 'site:\n  name: a\u202Eb\n', '2:10: (file): holds the invisible character U+202E'],
    ['an empty file', '', '1:1: (file): is empty'],
    ['only comments', '# nothing\n', '1:1: (file): is empty'],
    ['a list', '- a\n', '1:1: (file): is a list, not a site file'],
    ['a text', 'hello\n', '1:1: (file): is a text, not a site file'],
    ['a tag', 'site: {name: !!js/function "x"}\n', '1:28: site.name: has a tag'],
    ['an include', 'site: !include other.yaml\n', '1:16: site: has a tag'],
    ['an alias to itself', 'site: &s {name: *s}\n', '1:17: site.name: no such anchor'],
    ['a map as key', '? {a: 1}\n: 2\n', '1:3: (file): a key here is not a plain word'],
    ['a YAML 1.1 directive', '%YAML 1.1\n---\nsite: {name: NO}\n', '1:1: (file): asks for another YAML version'],
    ['an open bracket', 'site: {name: a\n', '2:1: (file): is not YAML: '],
    ['a merge key', 'site: {<<: {name: a}}\n', '1:8: site.<<: unknown key `<<`'],
  ])('names the place of %s', async (_, text, expected) => {
    const problems = await problemsOfFile(text)
    expect(problems.filter((problem) => problem.startsWith(expected))).toHaveLength(1)
  })

  it('names the line of a byte that is no UTF-8', async () => {
    expect(await problemsOfFile(Buffer.from('site:\n  name: Z\xfcrich\n', 'latin1'))).toEqual([
      '2:1: (file): is not UTF-8 text (save the file as UTF-8)',
    ])
  })

  it.each([
    ['NO', 'NO'],
    ['1_000', '1_000'],
    ['12:30:45', '12:30:45'],
    ['on', 'on'],
  ])('reads %s as a text, as YAML 1.2 does', async (written, read) => {
    const { config } = await load(siteText({ site: `{name: ${written}}` }))
    expect(config?.name).toBe(read)
  })

  it.each(['012', '0x10', '1e3', '.inf', '.nan', 'true', '~', '[a]', '{a: b}'])(
    'refuses %s where a text belongs',
    async (written) => {
      const problems = await problemsOf(siteText({ site: `{name: ${written}}` }))
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^3:14: site\.name: is /)
    },
  )

  it('takes ids as they are written', async () => {
    const { config } = await load(siteText({ stations: `{007: ${station('')}, 0x1: ${station('unit: 3')}}` }))
    expect(config?.stations.map(({ id }) => id)).toEqual(['007', '0x1'])
  })
})

describe('H8: keys and quantities', () => {
  it.each([
    ['{conect: "tcp://h:1"}', 'unknown key `conect` (did you mean `connect`?)'],
    ['{slaveid: 1}', 'unknown key `slaveid` (did you mean `unit`?)'],
    ['{Circuit: house}', 'unknown key `Circuit` (did you mean `circuit`?)'],
    ['{fail-safe: {curent: 6 A}}', 'unknown key `curent` (did you mean `current`?)'],
    ['{start_values: {}}', 'unknown key `start_values` (did you mean `start-values`?)'],
    ['{zzzzzzzzzzzz: 1}', 'unknown key `zzzzzzzzzzzz` (known are mapping, connect, '],
  ])('names the nearest key in %s', async (entry, expected) => {
    expect((await problemsOf(siteText({ stations: `{A: ${entry}}` }))).join('\n')).toContain(expected)
  })

  it.each([
    ['63', 'the unit is missing (write `63 A`)'],
    ['"63"', 'the unit is missing (write `63 A`)'],
    ['63 V', '`63 V` is not a current (its unit is A)'],
    ['"63,5 A"', '`63,5 A` is not a current (write the decimal point as a point)'],
    ['0 A', '`0 A` is out of range'],
    ['0', '`0` is out of range'],
    ['-16 A', '`-16 A` is out of range'],
    ['1000000000 A', '`1000000000 A` is out of range'],
    ['1e9', '`1000000000` is out of range'],
    ['.inf', '`Infinity` is out of range'],
    ['63 A 64 A', 'is not a current'],
    ['many', '`many` is not a current'],
    ['', 'is empty'],
    ['true', 'is not a current'],
    ['{L1: 63 A, L2: 63 A}', 'house.limit.L3: is missing'],
  ])('explains the limit %s', async (limit, expected) => {
    const problems = await problemsOf(siteText({ circuits: `{house: {limit: ${limit}}}` }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it.each([
    ['{current: 3 A}', '`3 A` is out of range (it is 0 A (pause) or from 6 A to 500 A)'],
    ['{current: 6}', 'the unit is missing (write `6 A`)'],
    ['{after: 30}', 'the unit is missing (write `30 s`)'],
    ['{after: 30 m}', 'its unit is s, ms, min, h'],
    ['{after: 500 ms}', 'out of range (it goes from 1 s to 3600 s)'],
    ['6 A', 'is a text, not a section'],
  ])('explains the fail-safe %s', async (failSafe, expected) => {
    const problems = await problemsOf(siteText({ stations: `{A: ${station(`fail-safe: ${failSafe}`)}}` }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it('tells everything that is wrong at once, in the order of the file', async () => {
    const problems = await problemsOf(
      `site: {nam: x}
circuits: {house: {limit: 63}}
stations:
  A: {mapping: keba-p3, connect: "tcp://h:502", circuit: huose, authorize: card, unti: 1}
  B: {mapping: keba-p30, connect: "tpc://h:502", circuit: house, authorize: cards}
`,
    )
    expect(problems).toEqual([
      '1:8: site.nam: unknown key `nam` (did you mean `name`?)',
      '2:27: circuits.house.limit: the unit is missing (write `63 A`)',
      '4:16: stations.A.mapping: there is no mapping `keba-p3` (did you mean `keba-p30`?)',
      '4:58: stations.A.circuit: there is no circuit `huose` (did you mean `house`?)',
      '4:82: stations.A.unti: unknown key `unti` (did you mean `unit`?)',
      '5:35: stations.B.connect: begins with `tpc`, which no driver knows (did you mean `tcp`?)',
      '5:77: stations.B.authorize: is not one of free, card, remote (did you mean `card`?)',
    ])
  })
})

describe('H11: ids', () => {
  it.each(['CP-001', 'a', '007', 'DE*ABC*E123', 'user@home', 'x'.repeat(48), 'a=b', 'a|b', 'a+b', '-'])(
    'accepts the station id %s',
    async (id) => {
      expect(await problemsOf(siteText({ stations: `{"${id}": ${station('')}}` }))).toEqual([])
    },
  )

  it.each(['a/b', '..', '.', '%2e%2e', 'a b', 'ä', '🚗', 'CP:1', 'x'.repeat(49), '', 'a\\\\b', '~', 'a?b', 'a#b'])(
    'refuses the station id %s',
    async (id) => {
      const problems = await problemsOf(siteText({ stations: `{"${id}": ${station('')}}` }))
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^2:12: stations\..*: this /)
    },
  )

  it('refuses an id of 10 kB and shows its beginning only', async () => {
    const [problem = ''] = await problemsOf(siteText({ stations: `{"${'x'.repeat(10_000)}": ${station('')}}` }))
    expect(problem).toContain('this id is too long')
    expect(problem.length).toBeLessThan(300)
  })

  it('says why a colon cannot be', async () => {
    expect((await problemsOf(siteText({ stations: `{"CP:1": ${station('')}}` })))[0]).toContain('OCPP with a password')
  })

  it('refuses ids that only upper and lower case tell apart', async () => {
    expect(
      await problemsOf(siteText({ stations: `{cp1: ${station('unit: 1')}, CP1: ${station('unit: 2')}}` })),
    ).toHaveLength(1)
  })
})

describe('H14: the file itself', () => {
  it.each([
    ['a file that is not there', () => join(folder, 'none.yaml'), 'does not exist'],
    ['a folder', () => folder, 'is not a regular file'],
    ['a device', () => '/dev/zero', 'is not a regular file'],
    ['a path with a NUL', () => 'a\0b', 'is not a usable path'],
    ['a path without end', () => `/${'x'.repeat(5000)}`, 'is not a usable path'],
  ])('refuses %s', async (_, path, expected) => {
    const { config, problems } = await loadSiteFile(path())
    expect(config).toBeNull()
    expect(problems).toMatchObject([{ message: expected, code: 'CONFIG_UNREADABLE', line: 1, column: 1 }])
  })

  it('refuses a FIFO without waiting for a writer', async () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const { problems } = await loadSiteFile(fifo)
    expect(problems).toMatchObject([{ message: 'is not a regular file' }])
    expect(await readdir(folder)).toContain('fifo')
  })
})

describe('any text at all', () => {
  /** Pieces that site files are made of, in any order. */
  const piece = fc.oneof(
    fc.constantFrom(
      'site:',
      'circuits:',
      'stations:',
      'meters:',
      'upstreams:',
      'buses:',
      'web:',
      'limit: ',
      'parent: ',
      'connect: ',
    ),
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '\n',
      '\n  ',
      '\n    ',
      ': ',
      ', ',
      '- ',
      '? ',
      '&a ',
      '*a',
      '!x ',
      '"',
      "'",
      '|',
      '#',
      '\t',
      '---\n',
    ),
    fc.constantFrom(
      '63 A',
      '-1 A',
      '30 s',
      'a',
      'house',
      'keba-p30',
      'tcp://h:502',
      'rtu:/dev/x',
      '1e999',
      'null',
      '~',
      'true',
      '012',
    ),
    fc.string({ maxLength: 8, unit: 'binary' }),
  )

  it('never throws, and names a place inside the text for each problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const text = pieces.join('')
        const { config, problems } = await load(text)
        expect(config === null).toBe(problems.length > 0)
        const lines = text.split('\n').length
        for (const problem of problems) {
          expect(problem.line).toBeGreaterThanOrEqual(1)
          expect(problem.line).toBeLessThanOrEqual(lines + 1)
          expect(problem.column).toBeGreaterThanOrEqual(1)
          expect(problem.message).not.toBe('')
          expect(formatProblem(problem)).not.toContain('\n')
        }
      }),
      { numRuns: 600 },
    )
  })

  it('never throws for any data where a site belongs', async () => {
    const keys = fc.constantFrom(
      'A',
      'house',
      'limit',
      'meter',
      'connect',
      'circuit',
      'url',
      'password',
      'fail-safe',
      'mapping',
      'upstream',
      'start-values',
      'members',
      'soft-minimum',
      'power',
      'windows',
      'from',
      'to',
      'days',
      'price',
      'identity',
      'source',
      'mqtt',
      'topic',
      'at',
      'strategy',
    )
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.constantFrom('63 A', '4 kW', '07:00', '24:00', 'mon', 'dso', 'house', 'tcp://h:1', 'keba-p30', 'free', 'L1'),
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
      ),
      tree: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      ),
    }))
    const sections = fc.dictionary(
      fc.constantFrom(
        'site',
        'buses',
        'circuits',
        'meters',
        'stations',
        'upstreams',
        'web',
        'api',
        'firmware',
        'transfers',
        'balancing',
        'tariff',
        'demand-target',
        'plan',
        'controller',
        'signals',
      ),
      tree,
    )
    await fc.assert(
      fc.asyncProperty(sections, async (data) => {
        // JSON is YAML
        const { config, problems } = await load(JSON.stringify(data))
        expect(config === null).toBe(problems.length > 0)
        for (const { message } of problems) expect(message).not.toMatch(/Invalid input|undefined|\[object/)
      }),
      { numRuns: 600 },
    )
  })
})
