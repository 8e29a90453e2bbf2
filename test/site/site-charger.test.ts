/** What the balancing core is told of a charger's outlets. */
import { describe, expect, it } from 'vitest'
import type { ChargerConfig } from '../../src/config/site-config.ts'
import { createDevice, instantClock, mappingLibrary, memoryLink } from '../../src/mapping/index.ts'
import { rotation } from '../../src/model/phase.ts'
import type { Transaction } from '../../src/model/transaction.ts'
import { Pulse } from '../../src/site/pulse.ts'
import { SiteCharger } from '../../src/site/site-charger.ts'
import type { Wish } from '../../src/site/wish.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const CONFIG: ChargerConfig = {
  id: 'A',
  mapping: 'keba-p30',
  options: {},
  address: { connect: 'sim:A', serial: null, echo: false, unit: null, login: null, key: null },
  circuitId: 'house',
  rotation: rotation('L1L2L3'),
  connectors: null,
  maxAmps: null,
  failSafeAmps: 6,
  failSafeAfterSeconds: 30,
  priority: 3,
  softMinAmps: 12,
}

/** A charger whose station has `transaction`, and whose meter stands at 5 kWh. */
function charger(transaction: Transaction | null, wish: Wish | null = null) {
  const clock = new ManualClock()
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const station = { wall: clock.now() }
  const site = new SiteCharger({
    config: CONFIG,
    device: createDevice(mappingLibrary().load('keba-p30'), memoryLink(new Map()), { clock: instantClock() }),
    seat: {
      stationId: 'A',
      connectors: 1,
      authorize: 'free',
      upstreamIds: [],
      observe: () => {},
      demand: () => ({ wanted: transaction !== null, refusal: null, profile: null }),
      noteSetPoint: () => {},
      nextSampleAt: () => null,
      view: (evse) => ({
        evse,
        status: 'charging',
        fault: null,
        transaction,
        meterWh: 5000,
        now: station.wall,
        reservedUntil: null,
      }),
      wish: (_, transactionId) => (transactionId === transaction?.id ? wish : null),
      shown: () => ({ vendor: 'V', model: 'M' }),
    },
    clock,
    log,
    pulse: new Pulse(clock),
    pollMs: 1000,
    fullPollMs: 10_000,
    onChange: () => {},
  })
  return { clock, station, outlet: () => site.outlets(station.wall)[0], shown: () => site.snapshot().evses[0] }
}

function transactionAt(startedAt: number): Transaction {
  return {
    id: 'T',
    stationId: 'A',
    evse: 1,
    idToken: 'FREE',
    startedAt,
    startWh: 2000,
    endedAt: null,
    endWh: null,
    stopReason: null,
    csmsTransactionId: null,
    remoteStarted: false,
  }
}

describe('an outlet', () => {
  it('has the soft minimum of its charger, and no session where nobody is authorised', () => {
    expect(charger(null).outlet()).toMatchObject({ softMinAmps: 12, session: null })
  })

  it('has a session by the monotonic clock that no jump of the wall clock moves', async () => {
    const { clock, station, outlet } = charger(transactionAt(new ManualClock().now() - 60_000))
    const begun = clock.monotonic() - 60_000
    expect(outlet()?.session).toMatchObject({ id: 'T', startedAt: begun, energyWh: 3000, priority: 3, wantedWh: null })
    station.wall += 3_600_000
    await clock.advance(1000)
    expect(outlet()?.session).toMatchObject({ id: 'T', startedAt: begun })
  })

  it('has the wishes of its session, and shows them', () => {
    const start = new ManualClock().now()
    const wish: Wish = { departsAt: start + 7_200_000, energyWh: 9000, promised: true, priority: 8 }
    const { clock, outlet, shown } = charger(transactionAt(start), wish)
    const byAt = clock.monotonic() + 7_200_000
    expect(outlet()?.session).toMatchObject({ departsAt: byAt, commitment: { energyWh: 9000, byAt }, priority: 8 })
    expect(shown()).toMatchObject({ transaction: { id: 'T', energyWh: 3000, wish }, rank: null })
  })
})
