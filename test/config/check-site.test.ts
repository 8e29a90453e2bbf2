/** What must fit together in a site file: circuits (H9), wires (H10), upstreams, start values. */
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../src/config/load-options.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { KNOWN, load, problemsOf, siteText, station } from './site-text.ts'

const circuits = (text: string): Promise<readonly string[]> =>
  problemsOf(siteText({ circuits: `{house: {limit: 63 A}, ${text}}` }))
const stations = (text: string, more: Record<string, string> = {}): Promise<readonly string[]> =>
  problemsOf(siteText({ ...more, stations: `{${text}}` }))

describe('H9: the tree of circuits', () => {
  it('is one tree', async () => {
    expect(await circuits('a: {limit: 63 A, parent: house}, b: {limit: 63 A, parent: a}')).toEqual([])
  })

  it('has no cycle', async () => {
    expect(
      await circuits('a: {limit: 63 A, parent: b}, b: {limit: 63 A, parent: a}, c: {limit: 63 A, parent: a}'),
    ).toEqual([
      '1:59: circuits.a.parent: the circuits feed each other: a -> b -> a (the circuit of the supply has no parent)',
    ])
    expect(await circuits('a: {limit: 63 A, parent: a}')).toHaveLength(1)
  })

  it('has one root only', async () => {
    const [problem = '', ...rest] = await circuits('b: {limit: 63 A}')
    expect(problem).toContain(
      'circuits.b: a second circuit without a parent (the first is `house`) (a site is one tree',
    )
    expect(rest).toEqual([])
  })

  it('has no orphans', async () => {
    const [problem = '', ...rest] = await circuits('garage: {limit: 63 A, parent: huose}')
    expect(problem).toContain('there is no circuit `huose` (did you mean `house`?)')
    expect(rest).toEqual([])
  })

  it.each([
    ['circuits', undefined, '1:1: (file): `circuits` is missing'],
    ['circuits', '{}', '1:11: circuits: is empty'],
    ['stations', undefined, '1:1: (file): `stations` is missing'],
    ['stations', '', '2:1: stations: is empty'],
  ])('needs %s: %s', async (section, value, expected) => {
    const problems = await problemsOf(siteText({ [section]: value }))
    expect(problems.find((problem) => problem.startsWith(expected))).toBeDefined()
  })
})

/** House with a meter `grid` to be used. */
const site = (circuit: string, more = ''): string =>
  siteText({
    circuits: `{house: {limit: 63 A, ${circuit}}${more}}`,
    meters: '{grid: {mapping: sdm630, connect: "tcp://10.0.0.9:502"}}',
  })

describe('meters of circuits', () => {
  it('need a fail-safe, because the building’s load is unknown without them', async () => {
    const [problem = ''] = await problemsOf(site('meter: grid'))
    expect(problem).toContain('1:12: circuits.house: `fail-safe` is missing (say what the cars may take')
  })

  it.each([
    ['meter: grid, fail-safe: 63 A', 0, ''],
    ['meter: grid, fail-safe: 0 A', 0, ''],
    ['meter: grid, fail-safe: 64 A', 1, 'is more than the limit of 63 A'],
    ['fail-safe: 16 A', 1, 'there is no meter that could be silent'],
    ['meter: gird, fail-safe: 16 A', 1, 'there is no meter `gird` (did you mean `grid`?)'],
  ])('judge {%s}', async (circuit, count, expected) => {
    const problems = await problemsOf(site(circuit))
    expect(problems).toHaveLength(count)
    expect(problems.join('')).toContain(expected)
  })

  it('see one circuit', async () => {
    const text = site('meter: grid, fail-safe: 9 A', ', sub: {parent: house, limit: 20 A, meter: grid, fail-safe: 9 A}')
    expect((await problemsOf(text)).join()).toContain('this meter measures the circuit `house` already')
  })

  it('that no circuit uses are told as a warning', async () => {
    const { config, warnings } = await load(site(''))
    expect(config).not.toBeNull()
    expect(warnings.map(formatProblem).join()).toContain('meters.grid: warning: no circuit uses this meter')
  })
})

/** Six chargers with the default of 6 A. */
const six = (phases: string, more = ''): string =>
  Array.from({ length: 6 }, (_, n) => `C${n}: ${station(`unit: ${n + 1}, phases: ${phases}${more}`)}`).join(', ')

describe('fail-safe currents: all are drawn at once when the bridge is off', () => {
  it('must not exceed a fuse', async () => {
    const [problem = '', ...rest] = await stations(six('L1L2L3'), { circuits: '{house: {limit: 32 A}}' })
    expect(problem).toContain(
      'circuits.house.limit: the fail-safe currents of its chargers are 36 A on L1, more than the limit of 32 A',
    )
    expect(rest).toEqual([])
  })

  it('are counted on the phases where they flow, and in every circuit above', async () => {
    expect(await stations(six('L1'), { circuits: '{house: {limit: {L1: 36 A, L2: 6 A, L3: 6 A}}}' })).toEqual([])
    const [problem = ''] = await stations(six('L2'), {
      circuits: '{top: {limit: 32 A}, house: {limit: 63 A, parent: top}}',
    })
    expect(problem).toContain('circuits.top.limit: the fail-safe currents of its chargers are 36 A on L2')
  })

  it('are counted for every outlet of a charger, also where only its mapping knows how many it has', async () => {
    const two: LoadOptions = {
      ...KNOWN,
      mapping: () => ({ kind: 'charger', unit: 1, serial: null, connectors: 2 }),
    }
    const text = siteText({ circuits: '{house: {limit: 10 A}}' })
    expect(await problemsOf(text)).toEqual([])
    expect((await problemsOf(text, two)).join()).toContain('chargers are 12 A on L1, more than the limit of 10 A')
    const one = siteText({ circuits: '{house: {limit: 10 A}}', stations: `{A: ${station('connectors: 1')}}` })
    expect(await problemsOf(one, two)).toEqual([])
  })

  it('may be 0 A', async () => {
    expect(await stations(six('L1', ', fail-safe: {current: 0 A}'), { circuits: '{house: {limit: 6 A}}' })).toEqual([])
  })

  it('are at most the charger’s own limit', async () => {
    expect((await stations(`A: ${station('max: 10 A, fail-safe: {current: 16 A}')}`)).join()).toContain(
      'is more than `max` (10 A)',
    )
  })
})

describe('H10: wires', () => {
  const bus = { buses: '{b: {connect: "rtu:/dev/ttyUSB7", baud: 9600, format: 8E1}}' }

  it('carry several units', async () => {
    expect(await stations(`A: ${station('bus: b, unit: 1')}, B: ${station('bus: b, unit: 2')}`, bus)).toEqual([])
  })

  it.each([
    [
      'one unit twice on a bus',
      `A: ${station('bus: b, unit: 1')}, B: ${station('bus: b, unit: 1')}`,
      'has the unit id 1 of stations.A',
    ],
    ['one unit by the mapping', `A: ${station('')}, B: ${station('unit: 255')}`, 'has the unit id 255 of stations.A'],
    [
      'one address written twice',
      `A: ${station('connect: "tcp://H:502", unit: 1')}, B: ${station('connect: "tcp://h", unit: 1')}`,
      'has the unit id 1',
    ],
    [
      'one port at two bauds',
      `A: ${station('bus: b, unit: 1')}, B: ${station('connect: "rtu:/dev/ttyUSB7?baud=19200", unit: 2')}`,
      '(19200 8N1) than stations.A (9600 8E1)',
    ],
    [
      'two bauds by the mappings',
      `A: ${station('mapping: heidelberg, connect: "rtu:/dev/ttyX"')}, B: ${station('connect: "rtu:/dev/ttyX?baud=9600", unit: 2')}`,
      'needs other serial settings',
    ],
    [
      'one port with two framings',
      `A: ${station('bus: b, unit: 1')}, B: ${station('connect: "ascii:/dev/ttyUSB7", unit: 2')}`,
      'talks `ascii` where stations.A talks `rtu`',
    ],
    ['a bus that is not there', `A: ${station('bus: c')}`, 'there is no bus `c` (did you mean `b`?)'],
    ['bus and connect', `A: ${station('bus: b, connect: "tcp://h:1"')}`, '`connect` and `bus` are both given'],
    ['neither', 'A: {mapping: keba-p30, circuit: house, authorize: free}', '2:12: stations.A: `connect` is missing'],
    ['unit 0 on a serial bus', `A: ${station('bus: b, unit: 0')}`, 'they go from 1 to 247'],
    ['unit 300', `A: ${station('unit: 300')}`, 'a whole number from 0 to 255'],
    ['unit 1.5', `A: ${station('unit: 1.5')}`, 'a whole number from 0 to 255'],
    ['no scheme', `A: ${station('connect: "10.0.0.1:502"')}`, 'is not a connection'],
    ['a user name', `A: ${station('connect: "tcp://me@h:502"')}`, 'holds a user name'],
    ['port 0', `A: ${station('connect: "tcp://h:0"')}`, 'has no usable port'],
    ['port 70000', `A: ${station('connect: "tcp://h:70000"')}`, 'has no usable port'],
    ['a path upwards', `A: ${station('connect: "rtu:/dev/../etc/passwd"')}`, 'is not the path of a port'],
    [
      'a wrong setting',
      `A: ${station('connect: "rtu:/dev/ttyX?buad=1"')}`,
      'unknown setting `buad` (did you mean `baud`?)',
    ],
    ['a wrong baud rate', `A: ${station('connect: "rtu:/dev/ttyX?baud=1"')}`, 'has no usable baud rate'],
  ])('refuse %s', async (_, text, expected) => {
    const problems = await stations(text, text.includes('bus: b') || text.includes('bus: c') ? bus : {})
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it('need both baud and format, or neither', async () => {
    const text = `A: ${station('bus: b')}`
    expect((await stations(text, { buses: '{b: {connect: "rtu:/dev/ttyX", baud: 9600}}' })).join()).toContain(
      '`format` is missing',
    )
    expect((await stations(text, { buses: '{b: {connect: "rtu:/dev/ttyX", format: 8N1}}' })).join()).toContain(
      '`baud` is missing',
    )
    expect(
      (await stations(text, { buses: '{b: {connect: "tcp://h:502", baud: 9600, format: 8N1}}' })).join(),
    ).toContain('Modbus TCP has no serial settings')
  })

  it.each([
    ['8E1', '8E1'],
    ['7E1', '7E1'],
    ['"8e1"', '8E1'],
    ['8N2', '8N2'],
  ])('take the format %s, also where YAML sees a number', async (written, read) => {
    const { config } = await load(
      siteText({
        buses: `{b: {connect: "rtu:/dev/ttyX", baud: 9600, format: ${written}}}`,
        stations: `{A: ${station('bus: b')}}`,
      }),
    )
    expect(config?.stations[0]?.chargers[0]?.address.serial).toEqual({ baud: 9600, format: read })
  })
})

describe('mappings', () => {
  it('are of the right kind', async () => {
    const problems = await problemsOf(
      siteText({
        stations: `{A: ${station('mapping: sdm630')}}`,
        meters: '{m: {mapping: heidelberg, connect: "tcp://h:1"}}',
      }),
    )
    expect(problems.join('\n')).toContain('describes a meter, not a charger (it belongs in `meters`)')
    expect(problems.join('\n')).toContain('describes a charger, not a meter (it belongs in `stations`)')
  })

  it.each(['../../etc/shadow', '/dev/zero', './fifo'])('%s is not opened (H13)', async (path) => {
    const problems = await problemsOf(siteText({ stations: `{A: ${station(`mapping: ${path}`)}}` }), {
      mapping: () => {
        throw new Error('opened')
      },
    })
    expect(problems.join()).toContain('stations.A.mapping: is a path, but not of a mapping file')
  })

  it('are not checked by a caller that knows none', async () => {
    expect(await problemsOf(siteText({ stations: `{A: ${station('mapping: whatever')}}` }), {})).toEqual([])
  })
})

describe('stations and upstreams', () => {
  const u = { upstreams: '{op: {url: "ws://127.0.0.1:9000"}, op2: {url: "ws://[::1]:9000/x"}}' }

  it.each([
    ['upstream: op', 0, ''],
    ['upstream: [op, op2]', 0, ''],
    ['upstream: []', 0, ''],
    ['upstream: po', 1, '2:26: stations.A.upstream: there is no upstream `po` (did you mean `op`?)'],
    ['upstream: [op, op]', 1, '2:31: stations.A.upstream.1: is named twice'],
    ['authorize: remote', 1, 'only a CSMS could start a session'],
    ['authorize: remote, upstream: op2', 0, ''],
    ['upstream: op, start-values: {heartbeatinterval: 60, ConnectionTimeOut: "90"}', 0, ''],
    [
      'upstream: op, start-values: {HeartbeatIntervall: 60}',
      1,
      'OCPP 1.6 has no key `HeartbeatIntervall` (did you mean `HeartbeatInterval`?)',
    ],
    [
      'upstream: op, start-values: {HeartbeatInterval: 60, heartbeatinterval: 3}',
      1,
      'is the same key as `HeartbeatInterval`',
    ],
    ['upstream: op, start-values: {AuthorizationKey: hunter2hunter2}', 1, 'a password is not written in the site file'],
    ['serial: 007', 1, 'put it in quotes'],
    ['vendor: "a vendor with a long name"', 1, 'is too long (at most 20 characters)'],
    ['token: ""', 1, 'stations.A.token: is empty'],
  ])('judge {%s}', async (text, count, expected) => {
    const problems = await stations(`A: ${station(text)}`, u)
    expect(problems).toHaveLength(count)
    expect(problems.join('')).toContain(expected)
    expect(problems.join('')).not.toContain('hunter2')
  })
})

describe('the page', () => {
  it.each([
    ['{}', '127.0.0.1', 8080, 0],
    ['{listen: "localhost:0"}', 'localhost', 0, 0],
    ['{listen: "0.0.0.0:80"}', '0.0.0.0', 80, 1],
  ])('listens on %s', async (web, host, port, warnings) => {
    const result = await load(siteText({ web }))
    expect(result.config?.web).toMatchObject({ host, port })
    expect(result.warnings).toHaveLength(warnings)
  })

  it.each(['8080', '"8080"', '":8080"', '"h:70000"', '"http://h:80"', 'off'])(
    'does not listen on %s',
    async (listen) => {
      expect(await problemsOf(siteText({ web: `{listen: ${listen}}` }), KNOWN)).toHaveLength(1)
    },
  )
})
