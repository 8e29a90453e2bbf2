import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState, memoryOf, restoredState } from '../../src/balance/allocate.ts'
import { amps, circuit, driven, outlet, session, site } from './site.ts'

const AT = 5_000_000

/** A site after an hour: one car has charged, one has waited. */
function anHour() {
  const circuits = [circuit('main', 8)]
  let now = ['a', 'b'].map((id) => outlet(id, { session: session(`visit-${id}`, 0) }))
  let result = allocate(site({ circuits, outlets: now }), initialBalanceState)
  for (let at = 20_000; at <= 3_640_000; at += 20_000) {
    now = now.map((one) => driven(one, amps(result)[one.id] ?? 0, at, 20_000))
    result = allocate(site({ at, circuits, outlets: now }), result.state)
  }
  return result.state
}

describe('what survives a restart', () => {
  const memory = memoryOf(anHour())

  it('is whose turn it is and what was learned of the cars', () => {
    expect(memory.sessions).toEqual([
      expect.objectContaining({ id: 'visit-a', phases: 7, servedForMs: 3_600_000, waitedForMs: null }),
      expect.objectContaining({ id: 'visit-b', phases: 0, servedForMs: null, waitedForMs: 3_600_000 }),
    ])
  })

  it('comes back as it was, through text, on any clock', () => {
    const { restored } = restoredState(JSON.parse(JSON.stringify(memory)), AT)
    expect(restored.get('visit-a')).toMatchObject({ pauses: 0, servedSince: AT - 3_600_000, car: { phases: 7 } })
    expect(restored.get('visit-b')).toMatchObject({ servedSince: null, waitingSince: AT - 3_600_000 })
    const outlets = ['a', 'b'].map((id) => outlet(id, { session: session(`visit-${id}`, 0), measuredAt: AT }))
    const { state } = allocate(site({ at: AT, circuits: [circuit('main', 1)], outlets }), restoredState(memory, AT))
    expect(state.outlets.get('a')?.session?.car.phases).toBe(7)
  })

  it('is the same text as long as nothing of it has changed', () => {
    const state = anHour()
    expect(JSON.stringify(memoryOf({ ...state, at: state.at + 1000 }))).toBe(JSON.stringify(memoryOf(state)))
  })

  it('never throws on what is damaged, and allocates with it as with any', () => {
    const field = fc.oneof(fc.anything(), fc.constantFrom(NaN, -1, 1e300, '7', null, [], {}))
    const damaged = fc.oneof(
      fc.anything(),
      fc.record({ sessions: field }),
      fc.record({
        sessions: fc.array(
          fc.record(
            {
              id: fc.constant('visit-a'),
              pauses: field,
              servedForMs: field,
              phases: field,
              capAmps: field,
              ceilingAmps: field,
            },
            { requiredKeys: ['id'] },
          ),
        ),
      }),
    )
    fc.assert(
      fc.property(damaged, (value) => {
        const input = site({ at: AT, outlets: [outlet('a', { session: session('visit-a', 0), measuredAt: AT })] })
        const first = allocate(input, restoredState(value, AT))
        const [given] = allocate({ ...input, at: AT + 20_000 }, first.state).allocations
        expect(given?.amps === 0 || (given !== undefined && given.amps >= 6 && given.amps <= 32)).toBe(true)
      }),
    )
  })
})
