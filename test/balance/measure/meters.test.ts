import { describe, expect, it } from 'vitest'
import { judgeMeters } from '../../../src/balance/measure/meters.ts'
import type { MeterMemory } from '../../../src/balance/state.ts'
import type { MeterCurrent } from '../../../src/model/balance-input.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { circuit, meter, outlet, site } from '../site.ts'
import { stagesOf } from '../stages.ts'

const main = circuit('main', 100, { meterId: 'grid' })
const NOTHING: ReadonlyMap<string, MeterMemory> = new Map()

function judge(
  at: number,
  meters: readonly MeterCurrent[],
  before = NOTHING,
  more: { drawn?: number; startedAt?: number } = {},
) {
  const { drawn = 0, startedAt = -1_000_000 } = more
  const outlets = [outlet('a', { confirmedAmps: 32, measuredAmps: [drawn, drawn, drawn], measuredAt: at })]
  const input = site({ at, circuits: [main], meters, outlets })
  const { tree, draw } = stagesOf(input)
  return judgeMeters(input, tree, draw, before, input.settings, startedAt)
}
const trustOf = (at: number, meters: readonly MeterCurrent[], before = NOTHING, startedAt?: number) =>
  judge(at, meters, before, startedAt === undefined ? {} : { startedAt }).ofCircuit[0]?.trust

describe('the trust in a meter', () => {
  it('falls with the age of its value: fresh to half of 10 s, ageing to 10 s, then silent', () => {
    const taken = [meter('grid', 40, 0)]
    expect([5000, 5001, 10_000, 10_001].map((at) => trustOf(at, taken))).toEqual([
      'fresh',
      'ageing',
      'ageing',
      'silent',
    ])
  })

  it('is awaited for those 10 s after a start, then it is silent, too', () => {
    expect([0, 10_000, 10_001].map((at) => trustOf(at, [], NOTHING, 0))).toEqual(['awaited', 'awaited', 'silent'])
  })

  it('takes a value that is none for no new value: the last one ages', () => {
    const { memory } = judge(0, [meter('grid', 40, 0)])
    const nothing: readonly (readonly MeterCurrent[])[] = [
      [],
      [{ ...meter('grid', 0, 6000), amps: null }],
      [{ ...meter('grid', 0, 6000), amps: { L1: 1, L2: NaN, L3: 1 } }],
      [meter('grid', 0, NaN)],
      // From the future.
      [meter('grid', 0, 6001)],
      // Two that say they are the same one.
      [meter('grid', 10, 6000), meter('grid', 20, 6000)],
    ]
    for (const meters of nothing)
      expect(judge(6000, meters, memory).ofCircuit[0]).toMatchObject({
        trust: 'ageing',
        amps: everyPhase(40),
        takenAt: 0,
      })
  })

  it('is asked for on metered circuits only', () => {
    const input = site({ circuits: [circuit('plain', 100)], meters: [meter('grid', 40)] })
    const { tree, draw } = stagesOf(input)
    expect(judgeMeters(input, tree, draw, NOTHING, input.settings, 0).ofCircuit).toEqual([null])
  })
})

/** The trust each second, from 0 to the last: the meter shows `shown`, our car draws `drawn` at that second. */
function watch(seconds: number, shown: (second: number) => number, drawn: (second: number) => number) {
  let memory = NOTHING
  const trust: (string | undefined)[] = []
  for (let second = 0; second <= seconds; second++) {
    const judged = judge(second * 1000, [meter('grid', shown(second), second * 1000)], memory, {
      drawn: drawn(second),
    })
    memory = judged.memory
    trust.push(judged.ofCircuit[0]?.trust)
  }
  return trust
}
const stepAt = (at: number, amps: number) => (second: number) => (second < at ? 0 : amps)

describe('a meter that answers with the same value for ever', () => {
  it('is frozen after a minute in which our cars changed by more than 5 A', () => {
    const trust = watch(70, () => 33.1, stepAt(20, 16))
    expect(trust.indexOf('frozen')).toBe(60)
  })

  it('is believed while our cars are constant or change by less', () => {
    expect(
      watch(
        200,
        () => 33.1,
        () => 16,
      ),
    ).not.toContain('frozen')
    expect(watch(200, () => 33.1, stepAt(20, 4))).not.toContain('frozen')
  })

  it('has the settle time to show what our cars changed', () => {
    expect(watch(200, stepAt(103, 16), stepAt(100, 16))).not.toContain('frozen')
    expect(watch(200, () => 33.1, stepAt(100, 16)).indexOf('frozen')).toBe(108)
  })

  it('is believed again as soon as it shows something else', () => {
    const trust = watch(90, (second) => (second < 80 ? 33.1 : 33.2), stepAt(20, 16))
    expect([trust[79], trust[80]]).toEqual(['frozen', 'fresh'])
  })
})

describe('meters one above the other', () => {
  const tree = [
    main,
    circuit('plain', 80, { parentId: 'main' }),
    circuit('row-1', 63, { parentId: 'plain', meterId: 'one' }),
    circuit('row-2', 63, { parentId: 'plain', meterId: 'two' }),
  ]
  function upper(grid: number, one: number, two: number | null) {
    const meters = [meter('grid', grid), meter('one', one), ...(two === null ? [] : [meter('two', two)])]
    const input = site({ circuits: tree, meters })
    const { tree: known, draw } = stagesOf(input)
    return judgeMeters(input, known, draw, NOTHING, input.settings, -1_000_000).ofCircuit[0]
  }

  it('are read at different times: up to 20 A less than the sum below is believed', () => {
    expect(upper(40, 30, 30)).toMatchObject({ amps: everyPhase(40), contradictedBy: null })
  })

  it('that show more below than above: the higher value counts, across circuits without a meter', () => {
    expect(upper(39, 30, 30)).toMatchObject({ amps: everyPhase(60), contradictedBy: everyPhase(60) })
  })

  it('one of which is silent are compared without it', () => {
    expect(upper(39, 30, null)).toMatchObject({ amps: everyPhase(39), contradictedBy: null })
  })
})
