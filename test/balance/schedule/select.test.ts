/** Who charges, as it shows in what is ordered. */
import { describe, expect, it } from 'vitest'
import { rotation } from '../../../src/model/phase.ts'
import { SETTINGS, amps, bindings, circuit, outlet, play, session, site } from '../site.ts'

const cars = (...ids: readonly string[]) => ids.map((id) => outlet(id, { session: session(id, 0) }))

describe('who charges', () => {
  it('goes on as long as its minimum fits, whoever waits', () => {
    const [a, b] = cars('a', 'b')
    const outlets = [
      { ...a!, confirmedAmps: 8, measuredAmps: [8, 8, 8], previousAmps: 8 },
      { ...b!, session: session('b', 0, { startedAt: -9 }) },
    ]
    expect(amps(play(site({ circuits: [circuit('main', 8)], outlets }), 60))).toEqual({ a: 8, b: 0 })
  })

  it('is who was promised energy that needs nearly all of its power, before the others', () => {
    const commitment = { energyWh: 9000, byAt: 3_600_000 }
    const outlets = [...cars('a'), outlet('b', { session: session('b', 0, { commitment }) })]
    const settings = { ...SETTINGS, strategy: 'commitments' as const }
    expect(amps(play(site({ settings, circuits: [circuit('main', 16)], outlets }), 30))).toEqual({ a: 0, b: 16 })
  })

  it('is not who may wait for a better hour, unless nothing else asks it to', () => {
    const mayWait = { until: 100_000, reason: 'tariff' as const }
    const input = site({ outlets: [outlet('a', { session: session('a', 0, { mayWait }) })] })
    const waiting = play(input, 60)
    expect(amps(waiting)).toEqual({ a: 0 })
    expect(bindings(waiting)).toEqual({ a: { kind: 'wait', reason: 'tariff' } })
    expect(amps(play(input, 110))).toEqual({ a: 32 })
  })

  it('is one on a free phase, too, while the first in the queue waits for another', () => {
    const outlets = [
      outlet('a', { rotation: rotation('L1'), confirmedAmps: 20, session: session('a', 5000) }),
      outlet('b', { rotation: rotation('L1'), session: session('b', 0) }),
      outlet('c', { rotation: rotation('L2'), session: session('c', 1000) }),
    ]
    expect(amps(play(site({ circuits: [circuit('main', 25)], outlets }), 60))).toMatchObject({ b: 0, c: 25 })
  })
})
