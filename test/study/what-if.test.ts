import { beforeAll, describe, expect, it } from 'vitest'
import type { SiteLimit } from '../../src/model/site-limit.ts'
import { comparisonData, comparisonLines, wrapped } from '../../src/study/comparison.ts'
import { decisionLines } from '../../src/study/decision-lines.ts'
import { measuresOf } from '../../src/study/measures.ts'
import type { Change } from '../../src/study/change.ts'
import { type DaySource, daysText, type WhatIf, whatIf } from '../../src/study/what-if.ts'
import { HOUR, MIDNIGHT, MINUTE, samples, studySite, visitRecord } from './site.ts'

const NO_CHANGE: Change = { fuses: [], stations: 0, strategy: null, tariff: null }
const OPTIONS = { tickMs: 10_000, seed: '1' }

/** Six cars between eight and half past ten on a morning with 25 A of building. */
const MORNING: Extract<DaySource, { kind: 'recorded' }> = {
  kind: 'recorded',
  from: MIDNIGHT + 8 * HOUR,
  until: MIDNIGHT + 10.5 * HOUR,
  samples: samples('house', MIDNIGHT + 8 * HOUR, 150, 25, 28),
  limits: [],
  visits: ['CP-01', 'CP-02', 'CP-03', 'CP-04', 'CP-05', 'CP-06'].map((id, index) =>
    visitRecord(`visit-${index + 1}`, id, { arrivedAt: MIDNIGHT + 8 * HOUR + index * 4 * MINUTE, energyWh: 9000 }),
  ),
}

const LIMIT: SiteLimit = {
  id: 'ripple',
  source: 'dso',
  circuitId: 'garage',
  maxAmps: null,
  carsMaxWatts: 9000,
  priority: 0,
  since: MIDNIGHT + 6 * HOUR,
  until: MIDNIGHT + 9 * HOUR,
}

function ids(run: WhatIf['asItIs']): string[] {
  return run.visits.map(({ visit: { id } }) => id).toSorted()
}

function cars(run: WhatIf['asItIs']): number {
  return run.visits.length + run.days.turnedAway
}

describe('a recorded morning with a larger fuse and two more stations', () => {
  let study: WhatIf
  beforeAll(async () => {
    const change = {
      ...NO_CHANGE,
      fuses: [
        { circuitId: null, amps: 125 },
        { circuitId: 'garage', amps: 100 },
      ],
      stations: 2,
    }
    const result = await whatIf(studySite(), MORNING, change, OPTIONS)
    if ('refused' in result) throw new Error(result.refused)
    study = result
  })

  it('is played twice: the same cars, and more of them in the change', () => {
    expect(study.asItIs.visits).toHaveLength(6)
    expect(study.changed?.visits.length).toBe(8)
    expect(ids(study.changed ?? study.asItIs)).toEqual(expect.arrayContaining(ids(study.asItIs)))
  })

  it('overloads nothing, and a larger fuse delivers more of what is wanted', () => {
    const { asItIs, changed: after } = comparisonData(study) as {
      asItIs: { overSeconds: number; energyShare: number }
      changed: { overSeconds: number; energyShare: number }
    }
    expect([asItIs.overSeconds, after.overSeconds]).toEqual([0, 0])
    expect(after.energyShare).toBeGreaterThan(asItIs.energyShare)
  })

  it('is a table that fits a terminal and names the change, the days and the figures', () => {
    const lines = comparisonLines(study)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(96)
    expect(lines.slice(0, 4)).toEqual([
      'Parkhaus Nord: recorded days, 2026-11-20',
      'Change: fuse of circuit house: 63 A -> 125 A',
      '        fuse of circuit garage: 40 A -> 100 A',
      '        2 more stations on circuit garage',
    ])
    const text = lines.join('\n')
    expect(text).toMatch(/as it is +with the change +difference/)
    expect(text).toMatch(/ came +6 +8 +\+2\n/)
    expect(text).toMatch(/over a limit \(must be 0\) +0 s +0 s\n/)
    expect(text).toMatch(/installed +43\.5 kVA +86\.3 kVA +\+42\.8 kVA\n/)
    // no tariff: no line about cost, and no zero
    expect(text).not.toContain('delivered cost')
    expect(text).toContain('Recorded were 54.0 kWh in these visits')
  })

  it('has a log of both runs with time, station, set-point and reason', () => {
    const lines = [...decisionLines(study)]
    expect(lines[0]).toBe('run\ttime\tstation\tset-point\twhy')
    expect(new Set(lines.slice(1).map((line) => line.split('\t')[0]))).toEqual(new Set(['as it is', 'with the change']))
    for (const line of lines.slice(1)) expect(line).toMatch(/\t2026-11-20 \d\d:\d\d:\d\d\t[^\t]+\t(pause|[\d.]+ A)\t.+/)
    expect(lines.some((line) => line.includes('\tnew-1\t'))).toBe(true)
  })

  it('is data too', () => {
    expect(JSON.parse(JSON.stringify(comparisonData(study)))).toMatchObject({
      site: 'Parkhaus Nord',
      days: { kind: 'recorded', from: '2026-11-20T08:00:00.000Z', until: '2026-11-20T10:30:00.000Z' },
      changes: study.changes,
      asItIs: { visits: 6, costPerKWh: null, currency: null },
      changed: { visits: 8 },
    })
  })
})

function price(currency: string) {
  return { currency, priceAt: () => 0.25, demandChargePerKWYear: null }
}

describe('money', () => {
  const short = { ...MORNING, until: MIDNIGHT + 9 * HOUR }
  const table = async (currency: string): Promise<string> => {
    const tariff = { tariff: price(currency), policy: studySite().policy }
    const study = await whatIf(studySite({ tariff: price('EUR') }), short, { ...NO_CHANGE, tariff }, OPTIONS)
    if ('refused' in study) throw new Error(study.refused)
    return comparisonLines(study).join('\n')
  }

  it('of one currency is compared, of two it is not', async () => {
    expect(await table('EUR')).toMatch(/delivered cost of a kWh in a battery +0\.\d{3} EUR +0\.\d{3} EUR +=\n/)
    expect(await table('CHF')).toMatch(/delivered cost of a kWh in a battery +0\.\d{3} EUR +0\.\d{3} CHF\n/)
  })
})

describe('a study', () => {
  it('without a change plays once and shows one column', async () => {
    const source = { ...MORNING, until: MIDNIGHT + 8.5 * HOUR }
    const study = await whatIf(studySite(), source, NO_CHANGE, OPTIONS)
    if ('refused' in study) throw new Error(study.refused)
    expect(study.changed).toBeNull()
    expect(comparisonLines(study).join('\n')).not.toContain('difference')
    expect(daysText(study)).toBe('2026-11-20')
  })

  it('tells what it had to assume', async () => {
    const source: DaySource = {
      ...MORNING,
      until: MIDNIGHT + 8.5 * HOUR,
      samples: [],
      limits: [LIMIT, { ...LIMIT, circuitId: 'roof' }, { ...LIMIT, until: MIDNIGHT + 7 * HOUR }],
      visits: [visitRecord('a', 'OLD'), visitRecord('b', 'CP-01', { full: false })],
    }
    const study = await whatIf(studySite(), source, NO_CHANGE, OPTIONS)
    if ('refused' in study) throw new Error(study.refused)
    const notes = study.notes.join('\n')
    expect(notes).toContain('Played too: 1 limit from outside')
    expect(notes).toContain('missing for 120 circuit-minutes')
    expect(notes).toContain('Left out: visits at OLD')
    expect(notes).toContain('1 car left before being full')
  })

  it('of a site without stations is refused', async () => {
    expect(await whatIf(studySite({ stations: [] }), MORNING, NO_CHANGE, OPTIONS)).toEqual({
      refused: 'the site file has no stations: there is nothing to play',
    })
  })

  it('of a rush hour with a number of cars gives more stations no more cars, but room for more', async () => {
    const rush: DaySource = { kind: 'rush-hour', midnight: MIDNIGHT, cars: 9 }
    const told: string[] = []
    const study = await whatIf(
      studySite(),
      rush,
      { ...NO_CHANGE, stations: 3 },
      {
        ...OPTIONS,
        tickMs: 60_000,
        onRun: (name, hours) => void told.push(`${name} ${hours}`),
      },
    )
    if ('refused' in study) throw new Error(study.refused)
    expect([cars(study.asItIs), cars(study.changed ?? study.asItIs)]).toEqual([9, 9])
    expect(study.changed?.days.turnedAway).toBeLessThan(study.asItIs.days.turnedAway)
    expect(told).toEqual(['as it is 19', 'with the change 19'])
  })
})

it('a day that was recorded and is played again as it was delivers what it did', async () => {
  const first = await whatIf(studySite(), MORNING, NO_CHANGE, OPTIONS)
  if ('refused' in first) throw new Error(first.refused)
  const records = first.asItIs.visits.map(({ visit, energyWh, isFull, pauses }) =>
    visitRecord(visit.id, visit.outletId.split('/')[0] ?? '', {
      arrivedAt: visit.arrivesAt,
      leftAt: visit.leavesAt,
      energyWh,
      full: isFull,
      pauses,
    }),
  )
  const again = await whatIf(studySite(), { ...MORNING, visits: records }, NO_CHANGE, OPTIONS)
  if ('refused' in again) throw new Error(again.refused)
  const before = measuresOf(first.asItIs)
  const after = measuresOf(again.asItIs)
  expect(before.energyWh).toBeGreaterThan(20_000)
  expect(Math.abs(after.energyWh / before.energyWh - 1)).toBeLessThan(0.05)
}, 20_000)

it('notes are wrapped between words', () => {
  expect(wrapped('one two three four', 9)).toEqual(['one two', '  three', '  four'])
  expect(wrapped('averyveryverylongword', 5)).toEqual(['averyveryverylongword'])
})
