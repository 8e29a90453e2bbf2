/** Every scheme as an installer writes it, and the slips that happen. */
import { describe, expect, it } from 'vitest'
import { parseConnection } from '../../src/config/connection.ts'
import { createRegistry } from '../../src/site/registry.ts'

const { addresses } = createRegistry()
const parse = (text: string, usualPort: number | null = null) => {
  const read = parseConnection(text, addresses, usualPort)
  return 'problem' in read ? `${read.problem} (${read.hint})` : read
}

describe('a connection', () => {
  it.each([
    ['tcp://Box', 'tcp://box:502', 'box:502'],
    ['rtu+tcp://10.0.0.1:4001?baud=9600', 'rtu+tcp://10.0.0.1:4001', '10.0.0.1:4001'],
    ['rtu:/dev/ttyUSB0?baud=9600&format=8E1', 'rtu:/dev/ttyUSB0', '/dev/ttyUSB0'],
    ['rtu:///dev/ttyUSB0', 'rtu:/dev/ttyUSB0', '/dev/ttyUSB0'],
    ['http://Box', 'http://box:80', 'box:80'],
    ['HTTP://box/Wall/', 'http://box:80/Wall', 'box:80/Wall'],
    ['https://box/a?insecure=yes', 'https://box:443/a?insecure=yes', 'box:443/a'],
    ['mqtt://broker', 'mqtt://broker:1883', 'broker:1883'],
    [
      'mqtts://broker?insecure=yes&client=ampbridge',
      'mqtts://broker:8883?client=ampbridge&insecure=yes',
      'broker:8883',
    ],
    ['udp://box:7090?local=7090', 'udp://box:7090?local=7090', 'udp box:7090'],
    ['dsmr:/dev/ttyUSB0', 'dsmr:/dev/ttyUSB0', '/dev/ttyUSB0'],
    ['dsmr+tcp://p1:2000', 'dsmr+tcp://p1:2000', 'p1:2000'],
    ['sml:/dev/ttyUSB1?baud=9600', 'sml:/dev/ttyUSB1', '/dev/ttyUSB1'],
    ['sml+tcp://h:1', 'sml+tcp://h:1', 'h:1'],
    ['iec62056:/dev/ttyUSB0?every=60&mode=C', 'iec62056:/dev/ttyUSB0?every=60&mode=C', '/dev/ttyUSB0'],
    ['iec62056+tcp://h:1?device=12', 'iec62056+tcp://h:1?device=12', 'h:1'],
    ['speedwire:', 'speedwire:', 'udp 239.12.255.254:9522  '],
    ['speedwire://', 'speedwire:', 'udp 239.12.255.254:9522  '],
    [
      'speedwire:?serial=19&interface=10.0.0.2',
      'speedwire:?interface=10.0.0.2&serial=19',
      'udp 239.12.255.254:9522 10.0.0.2 19',
    ],
    ['speedwire://10.0.0.2?serial=19', 'speedwire://10.0.0.2:9522?serial=19', 'udp 10.0.0.2:9522  19'],
    ['tcp://[FE80::1]:502', 'tcp://[fe80::1]:502', 'fe80::1:502'],
  ])('%s is one', (text, connect, place) => {
    expect(parse(text)).toMatchObject({ connect, place })
  })

  it.each(addresses.map(({ name, example }) => [name, example.replace('PORT', '1234')] as const))(
    'of %s is written as its example',
    (name, example) => {
      expect(parse(example)).toMatchObject({ scheme: { name } })
    },
  )

  it('may leave out the port that the mapping names', () => {
    expect(parse('udp://box', 7090)).toMatchObject({ connect: 'udp://box:7090' })
    expect(parse('dsmr+tcp://box', 2001)).toMatchObject({ connect: 'dsmr+tcp://box:2001' })
    expect(parse('http://box', 8080)).toMatchObject({ connect: 'http://box:8080' })
    // the mapping names the port without TLS; a Modbus gateway and a broker have their own
    expect(parse('https://box', 8080)).toMatchObject({ connect: 'https://box:443' })
    expect(parse('tcp://gateway', 1502)).toMatchObject({ connect: 'tcp://gateway:502' })
    expect(parse('mqtt://broker', 1884)).toMatchObject({ connect: 'mqtt://broker:1883' })
    expect(parse('udp://box')).toBe('has no port (write it after the host: `udp://HOST:PORT`)')
  })

  it.each([
    ['iec62056:/dev/ttyUSB0?baud=300', { baud: 300, format: '7E1' }],
    ['ascii:/dev/ttyUSB0?baud=9600', { baud: 9600, format: '7E1' }],
    ['sml:/dev/ttyUSB0?baud=9600', { baud: 9600, format: '8N1' }],
    ['dsmr:/dev/ttyUSB0?baud=9600&format=7e1', { baud: 9600, format: '7E1' }],
    ['dsmr:/dev/ttyUSB0', null],
  ])('%s has the serial settings of its line', (text, serial) => {
    expect(parse(text)).toMatchObject({ serial, overSerialPort: true })
  })
})

describe('a slip is told with what to do', () => {
  it.each([
    ['10.0.0.1:502', 'is not a connection (write for example `tcp://192.168.1.11:502`'],
    ['wallbox:80', 'is not a connection'],
    ['htpp://box', 'begins with `htpp`, which no driver knows (did you mean `http`?)'],
    ['http://', 'has no usable host name (write for example `http://HOST`)'],
    ['http:/box', 'has no usable host name'],
    ['tcp:/dev/ttyUSB0', 'has no usable host name (write for example `tcp://HOST:502`)'],
    ['dsmr://box:2000', 'names no serial port (write for example `dsmr:/dev/ttyUSB0`)'],
    ['rtu:ttyUSB0', 'names no serial port (write for example `rtu:/dev/ttyUSB0?baud=9600&format=8N1`)'],
    ['rtu:/dev/../etc/passwd', 'is not the path of a port'],
    ['http://box:0', 'has no usable port (ports go from 1 to 65535)'],
    ['mqtt://box:66000', 'has no usable port'],
    ['udp://box:x', 'has no usable port'],
    ['mqtt://box/topic', 'goes on after the port (write `HOST:PORT` only)'],
    ['http://box?insecre=yes', 'has the unknown setting `insecre` (did you mean `insecure`?)'],
    ['http://box?baud=9600', 'has the unknown setting `baud` (known: insecure, login)'],
    ['tcp://box?x=1', 'has settings after the port (`tcp` knows none: delete them)'],
    ['https://box?insecure=no', 'cannot be used: unknown option insecure=no; there is insecure=yes'],
    ['iec62056:/dev/ttyUSB0?every=1', 'cannot be used: every 1 is not 10 to 86400 seconds (write for example'],
    ['speedwire:?serial=x', 'cannot be used: serial x is not a serial number'],
    ['udp://box:1?local=70000', 'cannot be used: port 70000 is not 0 to 65535'],
    ['udp://box:1?local=1&local=2', 'has the setting `local` twice (delete one of them)'],
    ['dsmr:/dev/ttyUSB0?format=8N1', 'has a format but no baud rate'],
    ['mqtt://b?client=a b', 'cannot be used: '],
    [`http://box/${'x'.repeat(1000)}`, 'is not a connection'],
  ])('%s', (text, expected) => {
    expect(parse(text)).toContain(expected)
  })

  it.each([
    ['http://me:hush@box', 'holds a user name (write `login: {user: NAME, password: {secret: NAME}}`'],
    ['mqtts://me:hu?s=h@box', 'holds a user name (write `login:'],
    ['http://me:hu/sh@box', 'has no usable port'],
    ['tcp://me:hush@box', 'holds a user name (delete it)'],
    ['dsmr+tcp://box:1?key=hush', 'holds a key (write `key: {secret: NAME}` and put it in the file secrets/NAME)'],
  ])('%s: secrets stand elsewhere, and are not repeated', (text, expected) => {
    expect(parse(text)).toContain(expected)
    expect(parse(text)).not.toMatch(/hu.?sh|me:/)
  })
})
