import { beforeAll, describe, expect, it } from 'vitest'
import { buildingOf } from '../../src/study/building.ts'
import { drawRun } from '../../src/study/picture.ts'
import { barsOf } from '../../src/study/picture-rows.ts'
import { play, type Run } from '../../src/study/run.ts'
import { recordedVisits } from '../../src/study/recorded-days.ts'
import { HOUR, MIDNIGHT, samples, stations, studySite, visitRecord } from './site.ts'

const SITE = studySite({ name: 'Parkhaus <Nord> & "Süd"', stations: stations(3, 'garage') })
const FROM = MIDNIGHT + 8 * HOUR
const UNTIL = FROM + 2 * HOUR

function during(run: Run, days: number): Run {
  return { ...run, course: { ...run.course, from: MIDNIGHT, minutes: days * 1440 } }
}

describe('a picture of a run', () => {
  let run: Run
  beforeAll(async () => {
    const building = buildingOf(SITE.circuits, samples('house', FROM, 120, 20), FROM, UNTIL)
    const records = ['CP-01', 'CP-02', 'CP-03'].map((id) => visitRecord(`at ${id}`, id, { arrivedAt: FROM + 600_000 }))
    const span = { from: FROM, until: UNTIL, voltage: 230, seed: '1' }
    const { visits } = recordedVisits(records, SITE.stations, span)
    run = await play(
      SITE,
      { from: FROM, until: UNTIL, building, visits, limits: [], turnedAway: 0 },
      { tickMs: 5000, seed: '1' },
    )
  })

  it('is a well-formed SVG with the hours, the amps and the limit', () => {
    const svg = drawRun(run, { circuitId: 'house' })
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
    expect(svg.trimEnd().endsWith('</svg>')).toBe(true)
    for (const text of ['>08:00<', '>09:00<', '>10:00<', '>63 A<', '>0 A<', '>building<', '>CP-01<', '>CP-03<'])
      expect(svg).toContain(text)
    expect(svg).not.toContain('NaN')
    expect(svg).not.toContain('undefined')
  })

  it('cannot be broken by a name', () => {
    expect(drawRun(run)).toContain('Parkhaus &lt;Nord&gt; &amp; &quot;Süd&quot;, circuit')
    expect(drawRun(run, { title: '<script>' })).not.toContain('<script>')
  })

  it('of a circuit without a meter shows no building', () => {
    const svg = drawRun(run, { circuitId: 'garage' })
    expect(svg).not.toContain('>building<')
    expect(svg).toContain('>40 A<')
  })

  it('draws a car that takes nothing on the phase shown as a hollow bar', () => {
    const [first, ...others] = run.course.stations
    const silent = new Float32Array(run.course.minutes)
    const elsewhere = { ...first!, amps: [silent, silent, silent] as const }
    const svg = drawRun({ ...run, course: { ...run.course, stations: [elsewhere, ...others] } }, { circuitId: 'house' })
    expect(svg).toMatch(/fill="#ffffff" stroke="#4e79a7" stroke-width="1.5"/)
    expect(drawRun(run, { circuitId: 'house' })).not.toMatch(/fill="#ffffff" stroke="#4e79a7" stroke-width="1.5"/)
  })

  it('marks until when energy was promised', () => {
    const promised = run.visits.map((one) => ({
      ...one,
      visit: { ...one.visit, commitment: { energyWh: 5000, byAt: FROM + HOUR } },
    }))
    expect(drawRun({ ...run, visits: promised })).toContain('>promised until then<')
    expect(drawRun(run)).not.toContain('>promised until then<')
  })

  it('shows the cheapest hours where a car waited for them', () => {
    const tariff = {
      currency: 'EUR',
      priceAt: (at: number) => (at < FROM + HOUR ? 0.3 : 0.2),
      demandChargePerKWYear: null,
    }
    const priced = { ...run, site: { ...run.site, tariff } }
    const [first, ...others] = run.course.stations
    const waits = { ...first!, presence: first!.presence.map((): 'deferred' => 'deferred') }
    expect(drawRun(priced)).not.toContain('>cheapest hours<')
    const svg = drawRun({ ...priced, course: { ...run.course, stations: [waits, ...others] } })
    expect(svg).toContain('>cheapest hours<')
    expect(svg).toContain('>waits for a better hour<')
  })

  it('of a circuit that is not there is refused', () => {
    expect(() => drawRun(run, { circuitId: 'roof' })).toThrow(RangeError)
  })

  it('of many days names the days, of a month not each', () => {
    expect(drawRun(during(run, 3))).toContain('>11-21<')
    expect(drawRun(during(run, 3))).not.toContain(':00<')
    expect(drawRun(during(run, 31)).match(/>1[12]-\d\d</g)?.length).toBeLessThan(50)
  })

  it('is the same each time', () => {
    expect(drawRun(run)).toBe(drawRun(run))
  })
})

describe('the bars of a station', () => {
  it('are its stretches of charging, waiting and being done', () => {
    expect(barsOf(['away', 'waiting', 'deferred', 'charging', 'charging', 'done', 'away', 'charging'])).toEqual([
      { presence: 'waiting', from: 1, until: 2 },
      { presence: 'deferred', from: 2, until: 3 },
      { presence: 'charging', from: 3, until: 5 },
      { presence: 'done', from: 5, until: 6 },
      { presence: 'charging', from: 7, until: 8 },
    ])
    expect(barsOf([])).toEqual([])
    expect(barsOf(['away'])).toEqual([])
  })
})
