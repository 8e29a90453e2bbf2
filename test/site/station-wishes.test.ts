/** A driver's wish on a whole simulated site: kept with the session over a restart, gone with its end. */
import { describe, expect, it } from 'vitest'
import type { StationEvent } from '../../src/model/event.ts'
import type { Transaction } from '../../src/model/transaction.ts'
import { StationWishes } from '../../src/site/station-wishes.ts'
import type { Wish } from '../../src/site/wish.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { simulatedSite } from './simulated-site.ts'

const WISH: Wish = { departsAt: null, energyWh: 9000, promised: false, priority: 4 }
const silent = { info: () => {}, warn: () => {}, error: () => {} }

function ended(id: string): StationEvent {
  const transaction: Transaction = {
    id,
    stationId: 'A',
    evse: 1,
    idToken: 'FREE',
    startedAt: 0,
    startWh: 0,
    endedAt: 1,
    endWh: 1,
    stopReason: 'local',
    csmsTransactionId: null,
    remoteStarted: false,
  }
  return { kind: 'transaction-ended', stationId: 'A', at: 1, transaction, reason: 'local' }
}

function wishesOn(ledger: MemoryLedger, lines: string[] = []): StationWishes {
  const log = { ...silent, warn: (_: object, text: string) => void lines.push(text) }
  return new StationWishes({ stationId: 'A', ledger: ledger.process().ledger, log })
}

describe('the wishes of a station', () => {
  it('belong to one session of one EVSE', async () => {
    const wishes = wishesOn(new MemoryLedger())
    await wishes.set(1, 'T', WISH)
    expect(wishes.of(1, 'T')).toEqual(WISH)
    expect([wishes.of(1, 'U'), wishes.of(2, 'T')]).toEqual([null, null])
  })

  it('are there again after a restart', async () => {
    const ledger = new MemoryLedger()
    await wishesOn(ledger).set(2, 'T', WISH)
    const again = wishesOn(ledger)
    expect(again.of(2, 'T')).toBeNull()
    await again.restore()
    expect(again.of(2, 'T')).toEqual(WISH)
  })

  it('are taken back for good', async () => {
    const ledger = new MemoryLedger()
    const wishes = wishesOn(ledger)
    await wishes.set(1, 'T', WISH)
    await wishes.remove(1)
    await wishes.remove(1)
    const again = wishesOn(ledger)
    await again.restore()
    expect([wishes.of(1, 'T'), again.of(1, 'T')]).toEqual([null, null])
  })

  it('of an ended session go; where the disk is full that is told, and they mean no other session', async () => {
    const ledger = new MemoryLedger()
    const lines: string[] = []
    const wishes = wishesOn(ledger, lines)
    await wishes.set(1, 'T', WISH)
    ledger.full = true
    wishes.note(ended('U'))
    wishes.note(ended('T'))
    await expect.poll(() => lines).toEqual(['A: the wish of an ended session stays stored: no space left'])
    expect(wishes.of(1, 'U')).toBeNull()
    ledger.full = false
    wishes.note(ended('T'))
    await expect.poll(() => [...(ledger.settingsOf.get('A') ?? [])]).toEqual([])
  })

  it('do not count before they are stored', async () => {
    const ledger = new MemoryLedger()
    const wishes = wishesOn(ledger)
    ledger.full = true
    await expect(wishes.set(1, 'T', WISH)).rejects.toThrow('no space left')
    expect(wishes.of(1, 'T')).toBeNull()
  })
})

describe('on a site', () => {
  it('a wish is the session’s: over a restart, and no longer', async () => {
    const site = await simulatedSite([{ id: 'house', limit: 63 }], [{ id: 'A', circuit: 'house' }])
    const shown = () => site.bridge.snapshot().stations[0]?.evses[0]?.transaction?.wish
    const hour = 3_600_000
    const wish: Wish = { departsAt: site.clock.now() + hour, energyWh: 9000, promised: true, priority: 4 }
    await site.run(3000)
    expect(await site.bridge.operations.setWish('A', 1, wish)).toBe('no-session')
    expect(await site.bridge.operations.removeWish('A', 1)).toBe('no-session')
    expect(await site.bridge.operations.setWish('B', 1, wish)).toBe('unknown-station')
    expect(await site.bridge.operations.setWish('A', 2, wish)).toBe('unknown-evse')

    site.world.box('A').plug({ maxAmps: 16 })
    await site.run(20_000)
    expect(shown()).toBeNull()
    const late = { ...wish, departsAt: site.clock.now() - 1 }
    expect(await site.bridge.operations.setWish('A', 1, late)).toMatchObject({
      problem: expect.stringContaining('in the past') as string,
    })
    expect(shown()).toBeNull()
    expect(await site.bridge.operations.setWish('A', 1, wish)).toBe('stored')
    expect(shown()).toEqual(wish)

    await site.restart()
    await site.run(5000)
    expect(shown()).toEqual(wish)

    site.world.box('A').unplug()
    await site.run(20_000)
    site.world.box('A').plug({ maxAmps: 16 })
    await site.run(20_000)
    expect(shown()).toBeNull()
    // what the core was told of the session is what its visit is remembered with
    const [visit] = [...site.ledger.visits.values()].filter(({ leftAt }) => leftAt !== null)
    expect(visit).toMatchObject({ wantedWh: 9000, priority: 4, commitment: { energyWh: 9000 } })
    expect(Math.abs((visit?.departsAt ?? 0) - (wish.departsAt ?? 0))).toBeLessThan(1000)
    expect([...(site.ledger.settingsOf.get('A') ?? new Map()).keys()].filter((key) => key.startsWith('wish'))).toEqual(
      [],
    )

    expect(await site.bridge.operations.setWish('A', 1, wish)).toBe('stored')
    expect(await site.bridge.operations.removeWish('A', 1)).toBe('removed')
    expect(shown()).toBeNull()
  })
})
