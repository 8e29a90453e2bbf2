/** A reservation on the charger's own display: shown, repeated, ended; a box that cannot is left in peace. */
import { expect, it } from 'vitest'
import type { DeviceCommand, DeviceCommandKind } from '../../src/model/device.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { ReservationSign } from '../../src/site/reservation-sign.ts'
import { memoryLog } from '../chain/chain.ts'
import { ManualClock } from '../peers/manual-clock.ts'

class Box {
  online = true
  fault: BridgeError | null = null
  readonly told: string[] = []

  order(connector: number, { kind }: DeviceCommand): Promise<readonly never[]> {
    this.told.push(`${connector} ${kind}`)
    return this.fault === null ? Promise.resolve([]) : Promise.reject(this.fault)
  }
}

function sign(commands: readonly DeviceCommandKind[] = ['reserved', 'unreserved']) {
  const box = new Box()
  const clock = new ManualClock()
  const log = memoryLog()
  const shown = new ReservationSign(box, { chargerId: 'CP-1', connector: 2, commands, clock, log })
  /** A second of polls with the reservation as it is. */
  const poll = async (reserved: boolean, seconds = 1): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      shown.keep(reserved)
      await clock.advance(1000)
    }
  }
  return { box, log, poll }
}

it('is shown when it begins, again every 30 s, and ended once', async () => {
  const { box, poll } = sign()
  await poll(false, 40)
  expect(box.told).toEqual([])
  await poll(true, 61)
  expect(box.told).toEqual(['2 reserved', '2 reserved', '2 reserved'])
  await poll(false, 40)
  expect(box.told.slice(3)).toEqual(['2 unreserved'])
})

it('ends by itself where the mapping has no word for it', async () => {
  const { box, poll } = sign(['reserved'])
  await poll(true)
  await poll(false, 5)
  expect(box.told).toEqual(['2 reserved'])
})

it('is nothing to a charger without display', async () => {
  const { box, poll } = sign(['pause', 'unlock'])
  await poll(true, 40)
  expect(box.told).toEqual([])
})

it('waits for a charger that is away', async () => {
  const { box, poll } = sign()
  box.online = false
  await poll(true, 5)
  expect(box.told).toEqual([])
  box.online = true
  await poll(true)
  expect(box.told).toEqual(['2 reserved'])
})

it('asks a box that refuses once for each reservation, and says so', async () => {
  const { box, log, poll } = sign()
  box.fault = new BridgeError('DEVICE_BAD_ANSWER', 'TCH-ERR')
  await poll(true, 100)
  expect(box.told).toEqual(['2 reserved'])
  expect(log.lines).toEqual([{ level: 'warn', text: 'CP-1: the reservation could not be shown: TCH-ERR' }])
  box.fault = null
  await poll(false)
  await poll(true)
  expect(box.told.slice(1)).toEqual(['2 unreserved', '2 reserved'])
})
