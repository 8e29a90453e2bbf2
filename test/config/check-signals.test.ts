/** Signals: a contact, a topic or the API; each with what it needs and nothing of the others. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { load, problemsOf, siteText, station } from './site-text.ts'

const signal = (text: string, more: Record<string, string> = {}): string =>
  siteText({ signals: `{s: {${text}}}`, ...more })
const CONTACT = 'source: dso, circuit: house, connect: "tcp://10.0.0.8:502"'
const TOPIC = 'source: ems, circuit: house, mqtt: "mqtt://broker"'

describe('a signal', () => {
  it('is a contact that a Modbus device reads', async () => {
    const { config } = await load(signal(`${CONTACT}, at: 3, power: 4.2 kW, inverted: true, priority: 2`))
    expect(config?.signals).toEqual([
      {
        id: 's',
        source: 'dso',
        circuitId: 'house',
        priority: 2,
        expiresMs: null,
        way: {
          kind: 'contact',
          address: { connect: 'tcp://10.0.0.8:502', serial: null, echo: false, unit: 1, login: null, key: null },
          table: 'discrete',
          at: 3,
          bit: null,
          inverted: true,
          carsMaxWatts: 4200,
          maxAmps: null,
          section14a: false,
        },
      },
    ])
  })

  it('is a bit of a register on a bus, beside the devices of the bus', async () => {
    const { config, problems } = await load(
      siteText({
        buses: '{b: {connect: "rtu:/dev/ttyUSB7", baud: 9600, format: 8N1}}',
        stations: `{A: ${station('bus: b, unit: 5')}}`,
        signals:
          '{one: {source: dso, circuit: house, bus: b, unit: 5, table: holding, at: 9, bit: 15, current: 0 A}, two: {source: dso, circuit: house, bus: b, unit: 5, at: 9, section-14a: true}}',
      }),
    )
    expect(problems).toEqual([])
    expect(config?.signals.map(({ way }) => way)).toMatchObject([
      { table: 'holding', bit: 15, maxAmps: 0, address: { unit: 5, serial: { baud: 9600 } } },
      { table: 'discrete', section14a: true, maxAmps: null, carsMaxWatts: null },
    ])
  })

  it('is a topic', async () => {
    const { config } = await load(signal(`${TOPIC}, topic: site/limit, expires: 15 min`))
    expect(config?.signals).toMatchObject([
      {
        expiresMs: 900_000,
        priority: 1,
        way: { kind: 'mqtt', topic: 'site/limit', address: { connect: 'mqtt://broker:1883', unit: null } },
      },
    ])
  })

  it('is what a key of the API may set', async () => {
    const { config, warnings } = await load(signal('source: operator, circuit: house, expires: 1 h'))
    expect(config?.signals).toMatchObject([{ source: 'operator', expiresMs: 3_600_000, way: { kind: 'api' } }])
    expect(warnings.map(formatProblem).join()).toContain('signals.s: warning: no key of the API may set it')
  })

  it.each([
    [`${CONTACT}, at: 3`, 'signals.s: does not say what the contact allows (write one of `power: 30 kW`'],
    [`${CONTACT}, at: 3, power: 1 kW, current: 6 A`, 'signals.s: says twice what the contact allows'],
    [`${CONTACT}, at: 3, section-14a: false`, 'does not say what the contact allows'],
    [`${CONTACT}, power: 1 kW`, '`at` is missing'],
    [`${CONTACT}, at: 65536, power: 1 kW`, 'signals.s.at: is out of range'],
    [`${CONTACT}, at: 3, bit: 3, power: 1 kW`, 'signals.s.bit: only a register has bits'],
    [`${CONTACT}, at: 3, table: input, bit: 16, power: 1 kW`, 'signals.s.bit: is out of range'],
    [`${CONTACT}, at: 3, power: 1 kW, expires: 1 h`, 'signals.s.expires: a contact is read all the time'],
    [`${CONTACT}, at: 3, power: 1 kW, topic: a`, 'signals.s.topic: belongs to a message over MQTT'],
    [`${CONTACT}, at: 3, power: 1 kW, mqtt: "mqtt://b"`, 'signals.s.mqtt: is a contact and a topic at once'],
    [`${CONTACT.replace('dso', 'ems')}, at: 3, section-14a: true`, 'section 14a is an order of the grid operator'],
    [
      `${CONTACT.replace('tcp://10.0.0.8:502', 'http://h')}, at: 3, power: 1 kW`,
      'signals.s.connect: is HTTP, not Modbus',
    ],
    [`${CONTACT.replace('connect', 'bus')}, at: 3, power: 1 kW`, 'signals.s.bus: there is no bus'],
    [TOPIC, '`topic` is missing'],
    [`${TOPIC}, topic: site/#`, 'signals.s.topic: is not one topic'],
    [`${TOPIC}, topic: $SYS/limit`, 'signals.s.topic: is not one topic'],
    [`${TOPIC.replace('mqtt://', 'tcp://')}, topic: a`, 'signals.s.mqtt: is Modbus, not MQTT'],
    [`${TOPIC}, topic: a, unit: 1`, 'signals.s.unit: belongs to a contact'],
    [`${TOPIC}, topic: a, power: 3 kW`, 'signals.s.power: belongs to a contact'],
    [`${TOPIC}, topic: a, login: {user: a, password: {secret: none}}`, 'this secret does not exist'],
    ['source: ems, circuit: house, topic: a', 'signals.s.topic: belongs to a message over MQTT (name the broker'],
    ['source: ems, circuit: house, at: 1', 'signals.s.at: belongs to a contact (name its device'],
    ['source: ems, circuit: huose', 'signals.s.circuit: there is no circuit `huose` (did you mean `house`?)'],
    ['source: grid, circuit: house', 'signals.s.source: is not one of dso, ems, operator'],
    ['circuit: house', 'signals.s.source: is missing'],
    ['source: ems, circuit: house, priority: 10', 'signals.s.priority: is out of range'],
    ['source: ems, circuit: house, expires: 8 d', 'signals.s.expires:'],
  ])('refuses {%s}', async (text, expected) => {
    const problems = await problemsOf(signal(text))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it('has a serial line with the settings of its other devices', async () => {
    const text = siteText({
      stations: `{A: ${station('connect: "rtu:/dev/ttyUSB7?baud=19200", unit: 5')}}`,
      signals: `{s: {${CONTACT.replace('tcp://10.0.0.8:502', 'rtu:/dev/ttyUSB7?baud=9600')}, at: 1, power: 1 kW}}`,
    })
    expect((await problemsOf(text)).join()).toContain('signals.s: needs other serial settings (9600 8N1)')
  })

  it.each([
    ['power: 50 kW', 'signals.s.power: warning: is not less than what the fuse of `house` allows ('],
    ['current: 500 A', 'signals.s.current: warning: is not less than what the fuse of `house` allows ('],
  ])('that allows no less than the fuse (%s) is a warning', async (allows, expected) => {
    const { config, warnings } = await load(signal(`${CONTACT}, at: 0, ${allows}`))
    expect(config).not.toBeNull()
    expect(warnings.map(formatProblem).join()).toContain(expected)
  })
})
