/** Devices that speak in texts: what is asked, how often, and what counts as missing. */
import { describe, expect, test } from 'vitest'
import { createDevice, formatProblem, instantClock, loadMapping, memoryDocuments } from '../../../src/mapping/index.ts'
import type { Mapping, MappedDevice } from '../../../src/mapping/index.ts'
import type { DocumentBank, DocumentLink, TelegramValue } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import type { SignalValues } from '../../../src/model/signal.ts'

const signal = new AbortController().signal
const HTTP = `
device: Acme Meter
kind: meter
http: {documents: {status: {get: /status, every: 10s}, names: {get: /names, format: pairs}}}
read:
  power: {path: status.power, unit: W}
  voltage: {path: ["status.u[0]", "status.u[1]", "status.u[2]"], unit: V, none: [0, n/a]}
  frequency: {path: names.hz, unit: Hz}
`
const MQTT = `
device: Acme Meter
kind: meter
mqtt: {base: meters/a, max_age: 30s}
read:
  power: {topic: power, unit: W}
  energy: {topic: all, path: energy.total, unit: kWh}
`

interface World {
  readonly answers: Map<string, string>
  readonly topics: Map<string, string>
  readonly telegram: Map<string, TelegramValue>
}

function meter(
  yaml: string,
  world: Partial<World>,
): { device: MappedDevice; asked: () => readonly string[]; clock: ReturnType<typeof instantClock> } {
  const clock = instantClock()
  const bank: DocumentBank = {
    answer: (request) => {
      const body = request.kind === 'http' ? world.answers?.get(request.path) : undefined
      return body === undefined ? null : { status: 200, body }
    },
    topics: () => world.topics ?? new Map(),
    hear: () => {},
    telegram: () => world.telegram ?? new Map(),
  }
  const link = memoryDocuments(bank, clock)
  const device = createDevice(load(yaml), link, { clock })
  const asked = (): readonly string[] =>
    link.requests.map((request) =>
      request.kind === 'http' ? request.path : request.kind === 'topic' ? request.topic : request.kind,
    )
  return { device, asked, clock }
}

function load(yaml: string): Mapping {
  const result = loadMapping(yaml, 'meter.yaml')
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.mapping
}

async function read(device: MappedDevice): Promise<SignalValues> {
  const [reading] = await device.poll('all', signal)
  if (reading === undefined) throw new Error('no reading')
  return reading.values
}

describe('documents that are asked for', () => {
  const STATUS = JSON.stringify({ power: '1234.5', u: [230, 0, 'n/a'] })

  test('are asked for once for all their values, and no more often than the file says', async () => {
    const { device, asked, clock } = meter(HTTP, {
      answers: new Map([
        ['/status', STATUS],
        ['/names', 'hz=50.02'],
      ]),
    })
    expect(await read(device)).toMatchObject({ power: 1234.5, voltage: [230, null, null], frequency: 50.02 })
    expect(asked()).toEqual(['/status', '/names'])
    await read(device)
    expect(asked()).toEqual(['/status', '/names', '/names'])
    clock.advance(10_000)
    await read(device)
    expect(asked().filter((path) => path === '/status')).toHaveLength(2)
  })

  test('that are not there cost only their own values', async () => {
    const { device } = meter(HTTP, { answers: new Map([['/names', 'hz=50']]) })
    expect(await read(device)).toMatchObject({ power: null, voltage: null, frequency: 50 })
  })

  test('that are not JSON are a broken answer, never a zero', async () => {
    const { device } = meter(HTTP, {
      answers: new Map([
        ['/status', '<html>'],
        ['/names', 'hz=50'],
      ]),
    })
    await expect(read(device)).rejects.toMatchObject({ code: 'DEVICE_BAD_ANSWER' })
  })

  test('a device that refuses everything is at fault', async () => {
    const { device } = meter(HTTP, { answers: new Map() })
    await expect(read(device)).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION', details: { status: 404 } })
  })

  test.each(['{"power": 1e999}', '{"power": "NaN"}', '{"power": {}}', '{"power": null}', '[]', 'null', '3'])(
    '%s has no power',
    async (status) => {
      const { device } = meter(HTTP, {
        answers: new Map([
          ['/status', status],
          ['/names', 'hz=50'],
        ]),
      })
      expect((await read(device)).power).toBeNull()
    },
  )
})

describe('words of a document', () => {
  const BOX = `
device: Acme Box
kind: charger
http: {documents: {status: {get: /status}}}
points:
  car: {path: status.car}
  run: {path: status.status, map: {Charging: 1, Available: 0, 7: 2}}
state:
  - A: car == 0
  - C: run == 1
  - B: run == 0 or run == 2
`
  const stateOf = async (status: string) =>
    (await read(meter(BOX, { answers: new Map([['/status', status]]) }).device)).state

  test.each([
    ['{"car": true, "status": "Charging"}', 'C'],
    ['{"car": true, "status": "Available"}', 'B'],
    ['{"car": true, "status": 7}', 'B'],
    ['{"car": false, "status": "Charging"}', 'A'],
    ['{"car": true, "status": "Something else"}', null],
  ])('%s is state %s', async (status, state) => {
    expect(await stateOf(status)).toBe(state)
  })

  test('are not for registers', () => {
    const registers = 'device: X\nkind: meter\nmodbus: {tcp: 502}\nread: {phases: {at: 1, map: {three: 3}}}'
    expect(loadMapping(registers, 'x.yaml')).toMatchObject({ problems: [{ message: '"three" is not a number' }] })
  })
})

describe('topics', () => {
  test('are below the base and may be JSON or a bare word', async () => {
    const topics = new Map([
      ['meters/a/power', '-20.5'],
      ['meters/a/all', '{"energy": {"total": 12.5}}'],
    ])
    const { device, asked } = meter(MQTT, { topics })
    expect(await read(device)).toMatchObject({ power: -20.5, energy: 12_500 })
    expect(asked()).toEqual(['meters/a/power', 'meters/a/all'])
  })

  test('on which nothing came are missing, and silence everywhere is a silent device', async () => {
    const topics = new Map([['meters/a/all', '{"energy": {"total": 12.5}}']])
    expect(await read(meter(MQTT, { topics }).device)).toMatchObject({ power: null, energy: 12_500 })
    await expect(read(meter(MQTT, { topics: new Map() }).device)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })
})

describe('topics that come only when they change', () => {
  const CHANGES = MQTT.replace('max_age: 30s', 'max_age: 30s, alive: uptime')
  const at = new Map<string, number>()
  const changing = () => {
    const clock = instantClock()
    const link: DocumentLink = {
      ...memoryDocuments(
        { answer: () => null, topics: () => new Map(), hear: () => {}, telegram: () => new Map() },
        clock,
      ),
      ask: async (request) => {
        if (request.kind !== 'topic') throw new Error('no topic')
        const came = at.get(request.topic)
        if (came === undefined) throw new BridgeError('DEVICE_TIMEOUT', `nothing has come on ${request.topic}`)
        return { body: request.topic.endsWith('power') ? '5' : '{"energy": {"total": 1}}', at: came }
      },
    }
    return { clock, device: createDevice(load(CHANGES), link, { clock }) }
  }

  test('are good as long as the device shows that it lives', async () => {
    const { clock, device } = changing()
    for (const topic of ['power', 'all', 'uptime']) at.set(`meters/a/${topic}`, clock.monotonic())
    clock.advance(3_600_000)
    at.set('meters/a/uptime', clock.monotonic())
    expect(await read(device)).toMatchObject({ power: 5, energy: 1000 })
    clock.advance(31_000)
    await expect(read(device)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })
})

describe('telegrams', () => {
  const DSMR = `
device: Acme P1
kind: meter
telegram: {format: dsmr, serial: 115200 8N1}
points: {import: {obis: "1-0:1.7.0"}, feed: {obis: "1-0:2.7.0"}}
read:
  power: {calc: import - feed}
  energy: {obis: "1-0:1.8.0"}
  export: {obis: "1-0:2.8.0", unit: 0.1 Wh}
`
  test('carry their own units, unless the file knows better', async () => {
    const telegram = new Map<string, TelegramValue>([
      ['1-0:1.7.0', { value: 0.25, unit: 'kW' }],
      ['1-0:2.7.0', { value: 1.5, unit: 'kW' }],
      ['1-0:1.8.0', { value: 4321.5, unit: 'kWh' }],
      ['1-0:2.8.0', { value: 70, unit: 'kWh' }],
    ])
    expect(await read(meter(DSMR, { telegram }).device)).toMatchObject({ power: -1250, energy: 4_321_500, export: 7 })
  })

  test('without one of two powers give none, not the other', async () => {
    const telegram = new Map<string, TelegramValue>([['1-0:1.7.0', { value: 0.25, unit: 'kW' }]])
    expect(await read(meter(DSMR, { telegram }).device)).toMatchObject({ power: null })
  })
})

describe('an order over HTTP', () => {
  const BOX = `
device: Acme Box
kind: charger
http: {documents: {status: {get: /status}}}
state: {path: status.state, A: 1, C: 2}
write:
  current: {get: "/set?amp={value}", match: '"amp": {value}', unit: A}
  pause: {get: "/set?go=0"}
  resume: [current, {get: "/set?go=1"}]
`
  const order = async (answer: string) => {
    const { device } = meter(BOX, {
      answers: new Map([
        ['/set?amp=10', answer],
        ['/set?go=0', 'whatever'],
      ]),
    })
    return device.command(1, { kind: 'current', amps: 10 }, signal)
  }
  test('is obeyed when the answer says so, blanks aside', async () => {
    expect(await order('{"amp":10}')).toHaveLength(1)
  })

  test('is refused when a device answers 200 with something else', async () => {
    await expect(order('{"amp":"out of range"}')).rejects.toMatchObject({ code: 'DEVICE_VALUE_REFUSED' })
  })
})

describe('a link of the wrong kind', () => {
  test('is refused with the name of what is needed', () => {
    const clock = instantClock()
    const registers = loadMapping(
      'device: X\nkind: meter\nmodbus: {tcp: 502}\nread: {power: {at: 1, unit: W}}',
      'x.yaml',
    )
    if ('problems' in registers) throw new Error('problems')
    const bank: DocumentBank = {
      answer: () => null,
      topics: () => new Map(),
      hear: () => {},
      telegram: () => new Map(),
    }
    expect(() => createDevice(registers.mapping, memoryDocuments(bank, clock), { clock })).toThrow(/speaks Modbus/u)
  })
})

describe('mistakes in a file about texts', () => {
  const CHARGER = `
device: Acme Box
kind: charger
http: {documents: {status: {get: /status}}}
state: {path: status.car, A: 1, B: 2, C: 3}
write:
  current: {get: "/set?a={value}", unit: A}
  pause: {get: "/set?a=0"}
  resume: [current]
`
  test('the sketch itself is right', () => {
    expect(load(CHARGER).documents?.messages).toHaveLength(2)
  })

  test.each<[string, readonly [string, string], string]>([
    [
      'a document that is not asked for',
      ['status.car', 'statsu.car'],
      '5:9: state.path: "statsu" is not a document of `http.documents` (did you mean "status"?)',
    ],
    ['a path that cannot be read', ['status.car', 'status..car'], '5:9: state.path: cannot read'],
    ['a register', ['path: status.car', 'at: 5'], '5:9: state.at: `at` is for registers only'],
    ['a topic over HTTP', ['path: status.car', 'topic: car'], '`path` is missing'],
    [
      'an order in two ways',
      ['{get: "/set?a={value}", unit: A}', '{get: "/a={value}", put: /b, unit: A}'],
      'an order is one of `get`, `put`, `post`',
    ],
    [
      'an order by topic',
      ['{get: "/set?a={value}", unit: A}', '{topic: a, body: "{value}", unit: A}'],
      'an HTTP order has `get`, `put` or `post`',
    ],
    ['an order without the value', ['/set?a={value}', '/set?a=1'], 'the set-point writes only constants'],
    ['an order without the unit', [', unit: A}', '}'], '`unit` is missing'],
    ['a path of a relative kind', ['"/set?a={value}"', '"set?a={value}"'], 'does not begin with /'],
    ['a body of a GET', ['unit: A}', 'unit: A, body: x}'], 'GET has no body'],
    ['an option that is not there', ['/set?a={value}', '/{serial}/set?a={value}'], 'serial'],
    ['two ways to ask', ['{get: /status}', '{get: /status, post: /x}'], 'asked for with one of'],
  ])('%s', (_title, [from, to], message) => {
    expect(CHARGER).toContain(from)
    const result = loadMapping(CHARGER.replace(from, to), 'box.yaml')
    const texts = 'problems' in result ? result.problems.map(formatProblem).join('\n') : ''
    expect(texts).toContain(message)
  })
})
