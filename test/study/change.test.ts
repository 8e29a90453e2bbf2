import { describe, expect, it } from 'vitest'
import { type Change, changedSite } from '../../src/study/change.ts'
import type { StudySite } from '../../src/study/study-site.ts'
import { circuit, station, studySite } from './site.ts'

const NO_CHANGE: Change = { fuses: [], stations: 0, strategy: null, tariff: null }

function changed(change: Partial<Change>, site: StudySite = studySite()) {
  const result = changedSite(site, { ...NO_CHANGE, ...change })
  if ('refused' in result) throw new Error(result.refused)
  return result
}

function refusal(change: Partial<Change>, site: StudySite = studySite()): string {
  const result = changedSite(site, { ...NO_CHANGE, ...change })
  return 'refused' in result ? result.refused : 'not refused'
}

describe('a change', () => {
  it('of the fuse is that of the grid connection unless a circuit is named', () => {
    const { site, words } = changed({
      fuses: [
        { circuitId: null, amps: 80 },
        { circuitId: 'garage', amps: 50 },
      ],
    })
    expect(site.circuits.map(({ id, limitAmps }) => [id, limitAmps.L2])).toEqual([
      ['house', 80],
      ['garage', 50],
    ])
    expect(words).toEqual(['fuse of circuit house: 63 A -> 80 A', 'fuse of circuit garage: 40 A -> 50 A'])
  })

  it('to a small fuse takes the fail-safe current down with it', () => {
    const { site } = changed({ fuses: [{ circuitId: 'house', amps: 16 }] })
    expect(site.circuits[0]).toMatchObject({ limitAmps: { L1: 16 }, failSafeAmps: 16 })
  })

  it('adds stations where most are', () => {
    const { site, added, words } = changed({ stations: 2 })
    expect(site.stations).toHaveLength(8)
    expect(added.map(({ circuitId }) => circuitId)).toEqual(['garage', 'garage'])
    expect(words).toEqual(['2 more stations on circuit garage'])
  })

  it('names another strategy and another tariff', () => {
    const tariff = {
      tariff: { currency: 'CHF', priceAt: () => 0.1, demandChargePerKWYear: null },
      policy: studySite().policy,
    }
    const { site, words } = changed({ strategy: 'first-come', tariff })
    expect(site.settings.strategy).toBe('first-come')
    expect(site.tariff?.currency).toBe('CHF')
    expect(words).toEqual(['strategy: fair -> first-come', 'another tariff'])
  })

  it.each<[string, Partial<Change>, string]>([
    [
      'an unknown circuit',
      { fuses: [{ circuitId: 'roof', amps: 80 }] },
      'there is no circuit roof; there are house, garage',
    ],
    [
      'a fuse that no car charges behind',
      { fuses: [{ circuitId: null, amps: 2 }] },
      'a fuse of 2 A for circuit house: it goes from 6 A to 10000 A',
    ],
    ['a fuse beyond any', { fuses: [{ circuitId: 'garage', amps: 99_999 }] }, 'it goes from 6 A to 10000 A'],
    ['no number', { fuses: [{ circuitId: 'garage', amps: Number.NaN }] }, 'a fuse of NaN A'],
    ['too many stations', { stations: 1001 }, 'from +1 to +1000'],
    ['half a station', { stations: 1.5 }, 'from +1 to +1000'],
    [
      'an unknown strategy',
      { strategy: 'random' },
      'there is no strategy random; there are fair, commitments, first-come, priority',
    ],
  ])('is refused: %s', (_, change, text) => {
    expect(refusal(change)).toContain(text)
  })

  it('of the fuse must name its circuit where there are two grid connections', () => {
    const two = studySite({ circuits: [circuit('east', 63), circuit('west', 63)], stations: [station('A', 'east')] })
    expect(refusal({ fuses: [{ circuitId: null, amps: 80 }] }, two)).toBe(
      'the site has 2 grid connections: name the circuit, --fuse CIRCUIT=80A (east, west)',
    )
  })
})
