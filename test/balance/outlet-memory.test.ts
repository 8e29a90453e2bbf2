import { describe, expect, it } from 'vitest'
import { nextMemory, sessionMemoryOf } from '../../src/balance/outlet-memory.ts'
import { sessionIdOf } from '../../src/balance/known/known-session.ts'
import { initialBalanceState } from '../../src/balance/state.ts'
import type { OutletMemory } from '../../src/balance/state.ts'
import type { Outlet } from '../../src/model/balance-input.ts'
import type { Binding } from '../../src/model/set-point.ts'
import { SETTINGS, outlet, session, site } from './site.ts'
import { knownCar, stagesOf } from './stages.ts'
import type { Remembered } from './stages.ts'

const AT = 500_000
const others: Binding = { kind: 'turn', circuitId: 'main' }

/** What is remembered after this was ordered. */
function after(amps: number, more: Partial<Outlet>, remembered: Remembered = {}, binding = others): OutletMemory {
  const one = outlet('a', { session: session('visit', 3000), measuredAt: AT, ...more })
  const [seen] = stagesOf(site({ at: AT, outlets: [one] }), {
    a: { ...remembered, memory: { sessionId: 'visit', ...remembered.memory } },
  }).seen
  const { car } = seen!.session
  return nextMemory({ ...seen!, amps, binding }, car, SETTINGS, AT)
}

const known = (more: Partial<Outlet>) => stagesOf(site({ outlets: [outlet('a', more)] })).seen[0]!

describe('the visit of a car', () => {
  it('goes by its session, else by the outlet while current is wanted', () => {
    expect(sessionIdOf(known({ session: session('visit', 0) }).outlet)).toBe('visit')
    expect(sessionIdOf(known({}).outlet)).toBe('a')
    expect(sessionIdOf(known({ wanted: false }).outlet)).toBeNull()
  })

  it('is remembered as long as the session is the same, and begins anew with another', () => {
    const { outlet: one, memory, session: turn } = known({ session: session('visit', 2500) })
    const with3 = { ...memory, session: { ...turn, pauses: 3 }, sessionId: 'visit' }
    expect(sessionMemoryOf(one, with3, initialBalanceState, AT)?.pauses).toBe(3)
    const anew = sessionMemoryOf(one, { ...with3, sessionId: 'earlier' }, initialBalanceState, AT)
    expect(anew).toMatchObject({ pauses: 0, waitingSince: AT, energyAtServiceWh: 2500 })
  })

  it('comes back after a restart of ours by its session', () => {
    const { outlet: one, session: turn } = known({ session: session('visit', 0) })
    const restored = new Map([['visit', { ...turn, pauses: 2 }]])
    expect(sessionMemoryOf(one, undefined, { ...initialBalanceState, restored }, AT)?.pauses).toBe(2)
  })
})

describe('a pause', () => {
  const charging = { confirmedAmps: 16, previousAmps: 16 }
  const waiting = { confirmedAmps: 0 }
  const charged: Remembered = { car: knownCar(16) }

  it('that we ordered counts, and is followed by a rest of two minutes', () => {
    const next = after(0, charging, charged)
    expect(next).toMatchObject({ restUntil: AT + 120_000, orderedAmps: 0, changedAt: AT, raisedAt: null })
    expect(next.session).toMatchObject({ pauses: 1, servedSince: null, waitingSince: AT })
  })

  it('counts once, although it is read back later', () => {
    const next = after(0, charging, {
      ...charged,
      memory: { orderedAmps: 0, restUntil: AT + 60_000 },
      turn: { pauses: 1 },
    })
    expect(next).toMatchObject({ restUntil: AT + 60_000, session: { pauses: 1 } })
  })

  it('by a profile or the device’s own range neither counts nor needs a rest', () => {
    const next = after(0, charging, charged, { kind: 'profile', source: 'CSMS' })
    expect(next).toMatchObject({ restUntil: 0, session: { pauses: 0, waitingSince: null } })
  })

  it('is not noticed by a car that had not charged, or was full', () => {
    expect(after(0, charging, { car: { charged: false } }).session?.pauses).toBe(0)
    expect(after(0, charging, { car: { ...knownCar(16), fullSince: 0 } }).session?.pauses).toBe(0)
  })

  it('ends with the session: the next car starts at once', () => {
    const gone = { ...waiting, wanted: false, refusal: 'no-vehicle', session: null } as const
    expect(after(0, gone, { memory: { restUntil: AT + 60_000 } }).restUntil).toBe(0)
  })
})

describe('a turn', () => {
  it('begins with the first current, at the energy of that moment, and goes on', () => {
    const started = after(16, { confirmedAmps: 0 }, { turn: { waitingSince: 1000 } })
    expect(started).toMatchObject({
      raisedAt: AT,
      session: { servedSince: AT, waitingSince: null, energyAtServiceWh: 3000 },
    })
    const goesOn = after(16, { confirmedAmps: 16 }, { turn: { servedSince: 1000, energyAtServiceWh: 500 } })
    expect(goesOn.session).toMatchObject({ servedSince: 1000, energyAtServiceWh: 500 })
  })

  it('of a charger that is away goes on, and nothing counts as ordered', () => {
    const turn = { servedSince: 1000, energyAtServiceWh: 500 }
    expect(after(0, { online: false, confirmedAmps: 16 }, { turn })).toMatchObject({ orderedAmps: null, session: turn })
  })
})

describe('where nothing changed', () => {
  it('the memory is the very same, so that a site at rest costs little', () => {
    const one = outlet('a', { session: session('visit', 3000), measuredAt: AT, confirmedAmps: 16 })
    const [seen] = stagesOf(site({ at: AT, outlets: [one] }), { a: { car: knownCar(16) } }).seen
    const decided = { ...seen!, amps: 16, binding: others }
    const first = nextMemory(decided, seen!.session.car, SETTINGS, AT)
    const again = { ...decided, memory: first, session: first.session }
    expect(nextMemory(again, seen!.session.car, SETTINGS, AT + 1000)).toBe(first)
  })
})
