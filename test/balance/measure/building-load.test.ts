import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../../src/balance/allocate.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { amps, circuit, meter, outlet, play, site } from '../site.ts'

const circuits = [circuit('main', 60, { meterId: 'grid' })]
const building = (shown: number) => site({ circuits, outlets: [outlet('a')], meters: [meter('grid', shown)] })

/** The building takes 40 A for a minute and 10 A from then on; a car is there from the end of that minute. */
function afterALoad(seconds: number) {
  const before = play({ ...building(40), outlets: [outlet('a', { wanted: false, refusal: 'no-vehicle' })] }, 60)
  const input = { ...building(10), at: 61_000, outlets: [outlet('a', { measuredAt: 61_000 })] }
  return play({ ...input, meters: [meter('grid', 10, 61_000)] }, seconds, before.state)
}

describe('the building’s load', () => {
  it('is the meter less the cars', () => {
    const result = play(building(20), 60)
    expect(amps(result)).toEqual({ a: 32 })
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(20))
  })

  it('of the last four minutes is left free by those that start', () => {
    const tight = [circuit('main', 45, { meterId: 'grid' })]
    const run = (seconds: number) => {
      const idle = outlet('a')
      const shown = (load: number, at: number) =>
        site({ at, circuits: tight, outlets: [{ ...idle, measuredAt: at }], meters: [meter('grid', load, at)] })
      return amps(play(shown(10, 61_000), seconds, play(shown(40, 0), 60).state)).a
    }
    expect(run(20)).toBe(0)
    expect(run(120)).toBe(0)
    expect(run(300)).toBe(32)
  })

  it('keeps a start waiting that would not have fitted, and not one that would', () => {
    expect(amps(afterALoad(20)).a).toBeGreaterThanOrEqual(6)
  })

  it('counts nothing as sure before meter and chargers were measured once', () => {
    const first = allocate(building(20), initialBalanceState)
    expect(amps(first)).toEqual({ a: 0 })
    expect(first.allocations[0]?.binding).toMatchObject({ kind: 'hold' })
  })
})
