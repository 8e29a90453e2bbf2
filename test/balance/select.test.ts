import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../src/balance/capacity.ts'
import { knownOutlets } from '../../src/balance/known-outlet.ts'
import { select } from '../../src/balance/select.ts'
import type { Candidate } from '../../src/balance/select.ts'
import type { OutletMemory } from '../../src/balance/state.ts'
import { buildTree, perSlot } from '../../src/balance/tree.ts'
import { rotation } from '../../src/model/phase.ts'
import type { RotationName } from '../../src/model/phase.ts'
import { circuit, outlet, site } from './site.ts'

const MINUTE = 60_000
const NOW = 120 * MINUTE

/** Outlets on one circuit of 6 A; each serves or waits since so many minutes. */
function turns(parts: Record<string, { on: RotationName; serves?: number; waits?: number }>): readonly string[] {
  const input = site({
    at: NOW,
    circuits: [circuit('main', 6)],
    outlets: Object.entries(parts).map(([id, part]) => outlet(id, { rotation: rotation(part.on) })),
  })
  const tree = buildTree(input.circuits)
  const room = perSlot(tree).fill(6)
  const capacity: Capacity = {
    cutAmps: room,
    riseAmps: room,
    hold: [null],
    failSafe: [false],
    building: [null],
    memory: new Map(),
  }
  const candidates = knownOutlets(input, tree).map((one): Candidate => {
    const part = parts[one.id]!
    const memory: OutletMemory = {
      firstSeenAt: 0,
      orderedAmps: part.serves === undefined ? 0 : 6,
      raisedAt: null,
      servedSince: part.serves === undefined ? null : NOW - part.serves * MINUTE,
      waitingSince: part.waits === undefined ? null : NOW - part.waits * MINUTE,
      restUntil: 0,
      unfollowedSince: null,
      inForceAmps: 0,
    }
    return { outlet: one, memory, running: part.serves !== undefined, startable: part.waits !== undefined }
  })
  return [...select(candidates, capacity, perSlot(tree), NOW).chosen].map((one) => one.outlet.id).toSorted()
}

describe('whose turn it is', () => {
  it('leaves who charges for less than a quarter of an hour alone', () => {
    expect(turns({ a: { on: 'L1', serves: 14 }, b: { on: 'L1', waits: 60 } })).toEqual(['a'])
  })

  it('changes to the longest waiting after a quarter of an hour', () => {
    expect(turns({ a: { on: 'L1', serves: 15 }, b: { on: 'L1', waits: 5 }, c: { on: 'L1', waits: 9 } })).toEqual(['c'])
  })

  it('changes nobody when the one who waits fits beside', () => {
    expect(turns({ a: { on: 'L1', serves: 99 }, b: { on: 'L2', waits: 1 } })).toEqual(['a', 'b'])
  })

  it('lets no one-phase car pass a three-phase car that waits for all three phases', () => {
    const others = { a: { on: 'L1', serves: 20 }, b: { on: 'L2', serves: 5 }, late: { on: 'L1', waits: 3 } } as const
    expect(turns({ ...others, three: { on: 'L1L2L3', waits: 10 } })).toEqual(['a', 'b'])
    expect(turns({ ...others, b: { on: 'L2', serves: 15 }, three: { on: 'L1L2L3', waits: 20 } })).toEqual(['three'])
  })

  it('fills what is free meanwhile, but not for ever', () => {
    const others = { b: { on: 'L2', serves: 5 }, late: { on: 'L1', waits: 3 } } as const
    expect(turns({ ...others, three: { on: 'L1L2L3', waits: 10 } })).toEqual(['b', 'late'])
    expect(turns({ ...others, three: { on: 'L1L2L3', waits: 30 } })).toEqual(['b'])
  })
})
