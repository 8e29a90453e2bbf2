/** Several chargers as the connectors of one station: who may be a member, and what a member leaves to its station. */
import { describe, expect, it } from 'vitest'
import { KNOWN, load, problemsOf, siteText } from './site-text.ts'

const UPSTREAM = { upstreams: '{u: {url: "ws://127.0.0.1:9000"}}' }
const member = (host: number, more = ''): string =>
  `{mapping: keba-p30, connect: "tcp://10.0.0.${host}:502", circuit: house${more}}`
const problems = (stations: string): Promise<readonly string[]> => problemsOf(siteText({ ...UPSTREAM, stations }))

/** A right group; `group` and `first` add to its parts. */
const garage = ({ group = '', first = '', members = '[A, B]' } = {}): string =>
  `{garage: {members: ${members}, authorize: remote, upstream: u${group}}, A: ${member(1, first)}, B: ${member(2, ', connectors: 2')}}`

describe('a station of members', () => {
  it('has its chargers in the order of the list, and the conversation alone', async () => {
    const text = siteText({
      ...UPSTREAM,
      stations: garage({ members: '[B, A]', group: ', vendor: Acme, meter-type: M' }),
    })
    const { config, warnings } = await load(text)
    expect(warnings).toEqual([])
    expect(config?.stations).toHaveLength(1)
    expect(config?.stations[0]).toMatchObject({
      id: 'garage',
      isGroup: true,
      authorize: 'remote',
      upstreamIds: ['u'],
      identity: { vendor: 'Acme', model: null, meterType: 'M', meterSerial: null },
      chargers: [
        { id: 'B', connectors: 2, circuitId: 'house' },
        { id: 'A', connectors: null, circuitId: 'house' },
      ],
    })
  })

  it('may stand before, between and after its members, beside stations of their own', async () => {
    const stations = `{A: ${member(1)}, garage: {members: [A], authorize: free}, B: ${member(2, ', authorize: card')}}`
    const { config } = await load(siteText({ stations }))
    expect(config?.stations.map(({ id, isGroup }) => [id, isGroup])).toEqual([
      ['B', false],
      ['garage', true],
    ])
  })

  it.each([
    [
      'a charger that is not there',
      { members: '[A, C, B]' },
      '2:34: stations.garage.members.1: there is no station `C`',
    ],
    ['one twice', { members: '[A, A, B]' }, '2:34: stations.garage.members.1: is named twice'],
    ['itself', { members: '[A, B, garage]' }, '2:37: stations.garage.members.2: `garage` has members itself'],
    ['nobody', { members: '[]' }, '2:30: stations.garage.members: is empty (list stations'],
    ['no list', { members: 'A' }, '2:30: stations.garage.members: is a text, not a list (list stations'],
    [
      'a mapping',
      { group: ', mapping: keba-p30' },
      'stations.garage.mapping: unknown key `mapping` (it belongs to a member',
    ],
    [
      'a circuit',
      { group: ', circuit: house' },
      'stations.garage.circuit: unknown key `circuit` (it belongs to a member',
    ],
    ['a start value without a key', { group: ', start-values: {HeartBeet: 60}' }, 'OCPP 1.6 has no key `HeartBeet`'],
  ])('refuses %s', async (_, parts, expected) => {
    const found = await problems(garage(parts))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })

  it('says how sessions are started', async () => {
    const [problem, ...rest] = await problems(`{garage: {members: [A]}, A: ${member(1)}}`)
    expect(problem).toContain('2:12: stations.garage.authorize: is missing (write `free` or `card` or `remote`)')
    expect(rest).toEqual([])
    expect(await problems(`{A: ${member(1)}}`)).toEqual([
      '2:12: stations.A.authorize: is missing (write `free` or `card` or `remote`)',
    ])
  })

  it('has at most 100 connectors', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `C${index}`)
    const chargers = names.map((name, index) => `${name}: ${member(index + 1, ', connectors: 16')}`)
    const text = siteText({
      circuits: '{house: {limit: 1000 A}}',
      stations: `{garage: {members: [${names.join(', ')}], authorize: free}, ${chargers.join(', ')}}`,
    })
    expect(await problemsOf(text)).toEqual([
      '2:21: stations.garage.members: has 112 connectors (at most 100: make two stations of it)',
    ])
  })
})

describe('a member', () => {
  it.each([
    ['authorize: free', '', 'is said for all members at `garage` (write it there, and delete it here)'],
    ['token: X', '', 'is said for all members at `garage`'],
    ['upstream: u', '', 'a member has no CSMS of its own (the CSMS knows it as a connector of `garage`: delete it)'],
    ['vendor: V', '', 'is said for all members'],
    ['model: M', '', 'is said for all members'],
    ['serial: "1"', '', 'is said for all members'],
    ['firmware: "1"', '', 'is said for all members'],
    ['meter-serial: "1"', '', 'is said for all members'],
    ['start-values: {HeartbeatInterval: 60}', '', 'is said for all members'],
  ])('leaves `%s` to its station', async (text, _, expected) => {
    const found = await problems(garage({ first: `, ${text}` }))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`2:141: stations.A.${text.split(':')[0]}: ${expected}`)
  })

  it('belongs to one station', async () => {
    const second = `, other: {members: [A], authorize: free}}`
    expect(await problems(`${garage().slice(0, -1)}${second}`)).toEqual([
      expect.stringContaining('stations.other.members.0: is a member of `garage` already'),
    ])
  })

  it('is judged as a charger like any other: circuit, fail-safe, address', async () => {
    const found = await problemsOf(
      siteText({
        circuits: '{house: {limit: 10 A}}',
        stations: `{garage: {members: [A, B], authorize: free}, A: ${member(1)}, B: ${member(1)}}`,
      }),
    )
    expect(found.join('\n')).toContain('the fail-safe currents of its chargers are 12 A on L1')
    expect(found.join('\n')).toContain('has the unit id 255 of stations.A on the same connection')
  })
})

it('keys of both kinds of stations are known to the one who slips', async () => {
  expect(
    (await problemsOf(siteText({ stations: `{A: {memebrs: [B], authorize: free}}` }), KNOWN)).join('\n'),
  ).toContain('unknown key `memebrs` (did you mean `members`?)')
})
