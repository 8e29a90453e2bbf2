/** Parameters that CSMS and API change: in force once they are on disk, the same after a restart. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIELD_PARAMETERS, PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { LiveParameters } from '../../../src/site/controller/live-parameters.ts'
import type { ParameterPlace } from '../../../src/site/controller/parameter-place.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'

const SHARE: ParameterPlace = { kind: 'parameter', name: 'usableSharePercent' }
const RESERVED: ParameterPlace = { kind: 'parameter', name: 'reservedArrivals' }
const OUTLET: ParameterPlace = { kind: 'outlet', outletId: 'CP-001/1', stationId: 'garage', evse: 3 }
const HOUSE: ParameterPlace = { kind: 'circuit', circuitId: 'house' }
const PLACES = [SHARE, RESERVED, OUTLET, HOUSE]

async function start({ ledger = new MemoryLedger(), first = FIELD_PARAMETERS, places = PLACES } = {}) {
  const heard: string[] = []
  const live = new LiveParameters({
    ledger: ledger.process().ledger,
    first,
    places,
    onChange: (place, value, by) => heard.push(`${place.kind} ${value} by ${by}`),
  })
  await live.restore()
  return { live, ledger, heard }
}

test('start as the site file has them', async () => {
  expect((await start()).live.now).toEqual(FIELD_PARAMETERS)
  expect((await start({ first: PLAIN_PARAMETERS })).live.now).toEqual(PLAIN_PARAMETERS)
})

describe('a change', () => {
  test('is in force at once, told with who made it, and survives a restart', async () => {
    const { live, ledger, heard } = await start()
    const wrong = await live.change(
      [
        { place: SHARE, value: '60.5' },
        { place: OUTLET, value: '10' },
        { place: HOUSE, value: '0' },
      ],
      'operator',
    )
    expect(wrong).toEqual([])
    expect(live.now).toEqual({
      ...FIELD_PARAMETERS,
      usableSharePercent: 60.5,
      outletMaxAmps: new Map([['CP-001/1', 10]]),
      circuitMaxAmps: new Map([['house', 0]]),
    })
    expect(heard).toEqual(['parameter 60.5 by operator', 'outlet 10 by operator', 'circuit 0 by operator'])
    expect((await start({ ledger })).live.now).toEqual(live.now)
  })

  test('that is taken back leaves what the site file has, or no maximum', async () => {
    const { live, ledger } = await start()
    await live.change(
      [SHARE, OUTLET, HOUSE].map((place) => ({ place, value: '50' })),
      'operator',
    )
    await live.change(
      [SHARE, OUTLET].map((place) => ({ place, value: null })),
      'operator',
    )
    await live.change([{ place: HOUSE, value: ' ' }], 'operator')
    expect(live.now).toEqual(FIELD_PARAMETERS)
    expect((await start({ ledger })).live.now).toEqual(FIELD_PARAMETERS)
  })

  test('of one value that cannot be changes none of them', async () => {
    const { live, heard } = await start()
    const wrong = await live.change(
      [
        { place: RESERVED, value: '2' },
        { place: SHARE, value: '0' },
        { place: OUTLET, value: '5' },
      ],
      'operator',
    )
    expect(wrong).toEqual([
      { place: SHARE, expected: 'a number from 1 to 100' },
      { place: OUTLET, expected: 'a number from 6 to 1000, or 0' },
    ])
    expect([live.now, heard]).toEqual([FIELD_PARAMETERS, []])
  })

  test('to what it is already is no news', async () => {
    const { live, heard } = await start()
    await live.change([{ place: SHARE, value: '80' }], 'operator')
    await live.change([{ place: OUTLET, value: null }], 'operator')
    expect(heard).toEqual([])
  })

  test('that the disk does not take is not in force', async () => {
    const { live, ledger, heard } = await start()
    ledger.full = true
    await expect(live.change([{ place: SHARE, value: '60' }], 'operator')).rejects.toMatchObject({
      code: 'LEDGER_FULL',
    })
    expect([live.now, heard]).toEqual([FIELD_PARAMETERS, []])
    ledger.full = false
    expect(await live.change([{ place: SHARE, value: '70' }], 'operator')).toEqual([])
    expect(live.now.usableSharePercent).toBe(70)
  })

  test('is not in force before the disk has it', async () => {
    const { live, ledger } = await start()
    const disk = Promise.withResolvers<void>()
    ledger.hanging = disk.promise
    const changed = live.change([{ place: SHARE, value: '60' }], 'operator')
    await new Promise((resolve) => setImmediate(resolve))
    expect(live.now.usableSharePercent).toBe(80)
    disk.resolve()
    await changed
    expect(live.now.usableSharePercent).toBe(60)
  })
})

test('of two writers the last one wins, in memory and on disk', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...PLACES), fc.integer({ min: 6, max: 100 }), fc.boolean()), { maxLength: 12 }),
      async (writes) => {
        const { live, ledger } = await start()
        // all of them are under way at once
        await Promise.all(
          writes.map(([place, value, takesBack]) =>
            live.change([{ place, value: takesBack ? null : String(value) }], 'somebody'),
          ),
        )
        for (const place of PLACES) {
          const last = writes.findLast(([other]) => other === place)
          const first = place.kind === 'parameter' ? FIELD_PARAMETERS[place.name] : null
          expect(live.valueAt(place)).toBe(last === undefined || last[2] ? first : last[1])
        }
        expect((await start({ ledger })).live.now).toEqual(live.now)
      },
    ),
    { numRuns: 50 },
  )
})

describe('after a restart', () => {
  test('a charger that was taken out of the site file for a while is as it was', async () => {
    const { live, ledger } = await start()
    await live.change([{ place: OUTLET, value: '10' }], 'operator')
    expect((await start({ ledger, places: [SHARE] })).live.now.outletMaxAmps).toEqual(new Map())
    expect((await start({ ledger })).live.now.outletMaxAmps).toEqual(new Map([['CP-001/1', 10]]))
  })

  test('a stored value that can no longer be is passed over', async () => {
    const { live, ledger } = await start()
    await live.change([{ place: SHARE, value: '60' }], 'operator')
    const [rows] = ledger.settingsOf.values()
    for (const name of rows?.keys() ?? []) rows?.set(name, 'much')
    expect((await start({ ledger })).live.now).toEqual(FIELD_PARAMETERS)
  })
})
