import { describe, expect, it } from 'vitest'

import { telegramDriver } from '../../../drivers/telegram/index.ts'
import { parseTelegramUrl, withPort } from '../../../drivers/telegram/url.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const KEY = '00112233445566778899AABBCCDDEEFF'

function problem(url: string): string {
  try {
    parseTelegramUrl(url, null)
    return 'none'
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    expect(error.code).toBe('LINK_BAD_URL')
    return error.message
  }
}

describe('a telegram address', () => {
  it.each([
    ['dsmr:/dev/ttyUSB0', 'dsmr', 115_200, 8, 'none'],
    ['dsmr:/dev/ttyUSB0?baud=9600&format=7E1', 'dsmr', 9600, 7, 'even'],
    ['sml:/dev/serial/by-id/usb-head', 'sml', 9600, 8, 'none'],
    ['iec62056:/dev/ttyUSB0', 'iec62056', 300, 7, 'even'],
    ['iec62056:/dev/ttyUSB0?mode=D', 'iec62056', 2400, 7, 'even'],
    ['iec62056:/dev/ttyUSB0?mode=D&baud=9600', 'iec62056', 9600, 7, 'even'],
  ])('%s has the speed of its field', (url, format, baud, dataBits, parity) => {
    expect(parseTelegramUrl(url, null)).toMatchObject({ format, line: { baud, dataBits, parity, stopBits: 1 } })
  })

  it('names a gateway, or a serial port whose settings the site file may overrule', () => {
    expect(parseTelegramUrl('sml+tcp://192.168.1.5:2000', null).place).toEqual({ host: '192.168.1.5', port: 2000 })
    expect(parseTelegramUrl('dsmr+tcp://[fe80::1]:23', null).place).toEqual({ host: 'fe80::1', port: 23 })
    expect(parseTelegramUrl('dsmr:/dev/x?baud=9600', { baud: 300, format: '7E1' })).toMatchObject({
      place: { path: '/dev/x' },
      line: { baud: 300, dataBits: 7 },
    })
  })

  it('says how often a meter is read out, at least every 10 s apart', () => {
    expect(parseTelegramUrl('iec62056:/dev/x', null).readout).toEqual({ mode: 'C', everyMs: 60_000, device: '' })
    expect(parseTelegramUrl('iec62056:/dev/x?every=10&device=0012 34&mode=A', null).readout).toEqual({
      mode: 'A',
      everyMs: 10_000,
      device: '0012 34',
    })
  })

  it.each([
    ['tcp://host:1', 'not one of dsmr, '],
    ['dsmr:ttyUSB0', 'not a path like /dev/ttyUSB0'],
    ['dsmr:/dev/x\0', 'not a path'],
    ['dsmr+tcp://', 'not //HOST:PORT'],
    ['dsmr+tcp://host', 'not //HOST:PORT'],
    ['dsmr+tcp://host:70000', 'port 70000 is not 0 to 65535'],
    ['sml:/dev/x?every=60', 'unknown option every; known are baud, format'],
    ['sml:/dev/x?key=1', 'unknown option key'],
    ['dsmr:/dev/x?baud=1', 'baud 1 is not 300 to 4000000'],
    ['dsmr:/dev/x?format=9X1', 'format 9X1 is not like'],
    ['iec62056:/dev/x?every=5', 'every 5 is not 10 to 86400 seconds'],
    ['iec62056:/dev/x?every=often', 'every often is not'],
    ['iec62056:/dev/x?mode=Z', 'mode Z is not A, C or D'],
    ['iec62056:/dev/x?device=a!', 'a device address is at most 32 letters'],
    [`dsmr:/dev/${'x'.repeat(1100)}`, 'longer than 1024 characters'],
  ])('%s is refused in words', (url, why) => {
    expect(problem(url)).toContain(why)
  })

  it('never shows a key: not in the link, not in an error, not when it is too short', async () => {
    const url = `dsmr:/dev/no-such-port?baud=115200&key=${KEY}`
    const link = telegramDriver.open(url, { clock: new ManualClock(), random: () => 0, serial: null, echo: false })
    expect(link.url).toBe('dsmr:/dev/no-such-port?baud=115200&key=***')
    await link.close()
    expect(parseTelegramUrl(url, null).key).toEqual(Buffer.from(KEY, 'hex'))
    for (const bad of [`dsmr:/dev/x?key=${KEY}&no=1`, `dsmr:/dev/x?key=${KEY}00`, `tcp:/dev/x?KEY=${KEY}`]) {
      expect(problem(bad)).not.toMatch(/0011/)
      expect(problem(bad)).not.toBe('none')
    }
  })

  it('of a server has the port that the system gave', () => {
    expect(withPort('sml+tcp://127.0.0.1:0', 4711)).toBe('sml+tcp://127.0.0.1:4711')
    expect(withPort('iec62056+tcp://[::1]:0?every=10', 4711)).toBe('iec62056+tcp://[::1]:4711?every=10')
  })
})
