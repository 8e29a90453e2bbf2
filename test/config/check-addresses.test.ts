/** Who may share a wire, a broker, a port or a stream; what a mapping speaks and where it is connected. Units on Modbus: check-site.test.ts. */
import { describe, expect, it } from 'vitest'
import { load, problemsOf, siteText, station } from './site-text.ts'

const problems = (sections: { readonly [section: string]: string | undefined }): Promise<readonly string[]> =>
  problemsOf(siteText(sections))
const go = (connect: string, more = ''): string => station(`mapping: go-e, connect: "${connect}"${more}`)
const warp = (connect: string, more = ''): string => station(`mapping: warp, connect: "${connect}"${more}`)
const p1 = (connect: string, more = ''): string => {
  const [format = ''] = /^(?:sml|iec62056|speedwire)/.exec(connect) ?? []
  return `{mapping: ${format === '' ? 'p1' : `${format}-meter`}, connect: "${connect}"${more}}`
}

describe('several devices at one place', () => {
  it.each([
    ['one broker', `A: ${warp('mqtt://b', ', options: {id: abc}')}, B: ${warp('mqtt://b', ', options: {id: xyz}')}`],
    ['one host, two prefixes', `A: ${go('http://gw/one')}, B: ${go('http://gw/two')}`],
    ['one host, two mappings', `A: ${go('http://gw')}, B: ${station('mapping: own, connect: "http://gw"')}`],
    ['one host, two ports', `A: ${go('http://gw:81')}, B: ${go('http://gw:82')}`],
    [
      'one local port',
      `A: ${station('mapping: keba-udp, connect: "udp://a?local=7090"')}, B: ${station('mapping: keba-udp, connect: "udp://b?local=7090"')}`,
    ],
    [
      'a UDP port and a TCP port of one number',
      `A: ${station('mapping: keba-udp, connect: "udp://a:502"')}, B: ${station('connect: "tcp://a:502"')}`,
    ],
  ])('may share %s', async (_, text) => {
    const found = await problems({ stations: `{${text}}` })
    expect(found.filter((problem) => !problem.includes('no mapping `own`'))).toEqual([])
  })

  it.each([
    ['http', `A: ${go('http://gw')}, B: ${go('http://GW:80/')}`],
    [
      'mqtt',
      `A: ${warp('mqtt://b', ', options: {id: x, n: 1}')}, B: ${warp('mqtt://b?client=z', ', options: {n: 1, id: x}')}`,
    ],
    [
      'udp',
      `A: ${station('mapping: keba-udp, connect: "udp://a"')}, B: ${station('mapping: keba-udp, connect: "udp://a:7090?local=0"')}`,
    ],
  ])('are not one device twice (%s)', async (_, text) => {
    expect(await problems({ stations: `{${text}}` })).toEqual([
      expect.stringContaining('stations.B: is the same device as stations.A: place, mapping and options are equal'),
    ])
  })

  it('speak alike', async () => {
    const text = `{A: ${go('http://gw:502')}, B: ${station('connect: "tcp://gw:502"')}, C: ${go('https://x:80')}, D: ${go('http://x')}}`
    expect(await problems({ stations: text })).toEqual([
      expect.stringContaining('stations.B: talks `tcp` where stations.A talks `http`'),
      expect.stringContaining('stations.D: talks `http` where stations.C talks `https`'),
    ])
  })

  it('have one kind of frames on a serial port, telegrams included', async () => {
    const found = await problems({
      meters: `{m: ${p1('dsmr:/dev/ttyUSB7')}, n: {mapping: sdm630, connect: "rtu:/dev/ttyUSB7"}}`,
    })
    expect(found.join()).toContain('meters.n: talks `rtu` where meters.m talks `dsmr`')
  })
})

describe('a stream of telegrams', () => {
  it.each([
    [`a: ${p1('dsmr:/dev/ttyUSB7', ', meter: main')}, b: ${p1('dsmr:/dev/ttyUSB7', ', meter: garage')}`],
    [`a: ${p1('speedwire:?serial=1')}, b: ${p1('speedwire:?serial=2')}`],
  ])('feeds several parts of one meter, or each meter has its own: %s', async (text) => {
    expect(await problems({ meters: `{${text}}` })).toEqual([])
  })

  it.each([
    [`a: ${p1('dsmr+tcp://h:1')}, b: ${p1('dsmr+tcp://h:1')}`, 'one meter feeds one entry'],
    [`a: ${p1('speedwire:')}, b: ${p1('speedwire://239.12.255.254:9522')}`, 'one meter feeds one entry'],
    [
      `a: ${p1('iec62056:/dev/ttyUSB7?every=60', ', meter: x')}, b: ${p1('iec62056:/dev/ttyUSB7?every=30', ', meter: y')}`,
      'with other settings (write the same `connect`)',
    ],
    [
      `a: ${p1('sml:/dev/ttyUSB7?baud=9600', ', meter: x')}, b: ${p1('sml:/dev/ttyUSB7?baud=300', ', meter: y')}`,
      'needs other serial settings',
    ],
  ])('feeds one meter: %s', async (text, expected) => {
    const [problem = '', ...rest] = await problems({ meters: `{${text}}` })
    expect(problem).toContain('meters.b: ')
    expect(problem).toContain(expected)
    expect(rest).toEqual([])
  })
})

describe('what only Modbus has', () => {
  it.each([
    ['a unit', `A: ${go('http://h', ', unit: 1')}`, 'stations.A.unit: a device at `http:` has no unit id (only Modbus'],
    [
      'a baud rate',
      `A: ${go('http://h', ', baud: 9600')}`,
      'unknown key `baud` (a serial port has it: `connect: "rtu:',
    ],
    [
      'a bus',
      `A: ${station('mapping: go-e, bus: b')}`,
      'stations.A.bus: is Modbus, but `go-e` speaks HTTP (in place of `bus` write `connect` with `http://HOST` or `https://HOST`)',
    ],
  ])('is refused elsewhere: %s', async (_, text, expected) => {
    const found = await problems({ buses: '{b: {connect: "rtu:/dev/ttyUSB7"}}', stations: `{${text}}` })
    expect(found.join('\n')).toContain(expected)
    expect(found).toHaveLength(1)
  })

  it.each(['http://h', 'mqtt://h', 'dsmr:/dev/ttyUSB7', 'speedwire:'])('%s is no bus', async (connect) => {
    const found = await problems({ buses: `{b: {connect: "${connect}"}}` })
    expect(found.join()).toContain('buses.b.connect: ')
    expect(found.join()).toContain('is no bus: only Modbus has units that share a wire')
  })
})

describe('a mapping and its connection', () => {
  it.each([
    [
      `A: ${go('tcp://h')}`,
      'stations.A.connect: is Modbus, but `go-e` speaks HTTP (write `http://HOST` or `https://HOST`)',
    ],
    [`A: ${go('mqtt://h')}`, 'is MQTT, but `go-e` speaks HTTP'],
    [
      `A: ${station('connect: "http://h"')}`,
      'is HTTP, but `keba-p30` speaks Modbus (write `tcp://HOST:502` or `rtu+tcp://HOST:502`',
    ],
    [`A: ${station('mapping: keba-udp, connect: "http://h"')}`, 'speaks UDP (write `udp://HOST:PORT`)'],
  ])('fit each other: %s', async (text, expected) => {
    const [problem = '', ...rest] = await problems({ stations: `{${text}}` })
    expect(problem).toContain(expected)
    expect(rest).toEqual([])
  })

  it('of telegrams too', async () => {
    const found = await problems({ meters: `{m: ${p1('tcp://h')}}` })
    expect(found.join()).toContain('is Modbus, but `p1` speaks DSMR telegrams (write `dsmr:/dev/ttyUSB0` or ')
    const wrong = await problems({ meters: `{m: {mapping: sml-meter, connect: "dsmr:/dev/ttyUSB7"}}` })
    expect(wrong.join()).toContain(
      'is DSMR telegrams, but `sml-meter` speaks SML telegrams (write `sml:/dev/ttyUSB0` or ',
    )
  })

  it('share the port that the mapping names', async () => {
    const { config } = await load(siteText({ stations: `{A: ${station('mapping: keba-udp, connect: "udp://Box"')}}` }))
    expect(config?.stations[0]?.chargers[0]?.address).toMatchObject({
      connect: 'udp://box:7090',
      unit: null,
      serial: null,
    })
  })
})
