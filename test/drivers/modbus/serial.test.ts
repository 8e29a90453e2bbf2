/** Serial ports as the system has them: names that vanish and come back. */
import { afterEach, expect, it } from 'vitest'

import { modbusDriver, modbusServer, type ModbusLink } from '../../../drivers/modbus/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import { ptyPair, socat } from '../../peers/pty-pair.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { addressBank } from './address-bank.ts'
import { asking, registers } from './memory-wire.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function linkTo(url: string): ModbusLink {
  const link = modbusDriver.open(url, { clock: systemClock, random: () => 0, serial: null, echo: false })
  open.push(link)
  return link
}

async function attempt(link: ModbusLink): Promise<unknown> {
  try {
    return await link.read(registers(1, 5, 2), asking({ timeoutMs: 300 }))
  } catch (error) {
    return isBridgeError(error) ? error.code : error
  }
}

/** Tries until a value comes; how long that may take is the test's own limit. */
async function untilRight(link: ModbusLink): Promise<unknown> {
  for (;;) {
    const value = await attempt(link)
    if (Array.isArray(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describeWithPeers('serial ports', [socat], () => {
  it('serve one another, client and server, and can be opened again after closing', async () => {
    const pair = await ptyPair()
    open.push({ close: () => pair.remove() })
    const server = await modbusServer.listen(`rtu:${pair.one}?baud=38400`, new Map([[1, addressBank()]]), {
      clock: systemClock,
      serial: null,
      answerDelayMs: 0,
    })
    open.push(server)
    for (let turn = 0; turn < 2; turn += 1) {
      const link = linkTo(`rtu:${pair.other}?baud=38400`)
      expect(await link.read(registers(1, 5, 2), asking())).toEqual([5, 6])
      await link.close()
    }
  })

  it('that are unplugged and plugged in again work within seconds, by the same path', async () => {
    const pair = await ptyPair()
    open.push({ close: () => pair.remove() })
    const server = await modbusServer.listen(`rtu:${pair.one}`, new Map([[1, addressBank()]]), {
      clock: systemClock,
      serial: { baud: 19200, format: '8N1' },
      answerDelayMs: 0,
    })
    open.push(server)
    const link = linkTo(`rtu:${pair.other}?baud=19200`)
    expect(await attempt(link)).toEqual([5, 6])
    await pair.unplug()
    expect(await attempt(link)).toMatch(/LINK_UNREACHABLE|LINK_CLOSED/)
    await pair.plug()
    expect(await untilRight(link)).toEqual([5, 6])
    expect(link.counters.reconnects).toBeGreaterThan(0)
  })

  it('that are not there are told at once', async () => {
    expect(await attempt(linkTo('rtu:/dev/no-such-port'))).toBe('LINK_UNREACHABLE')
  })
})
