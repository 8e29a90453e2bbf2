/** What sharing scarce current is told: strategy and quanta, priorities, soft minima; limits beside the fuse that bind. */
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../src/config/load-options.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { KNOWN, load, problemsOf, siteText, station } from './site-text.ts'

describe('balancing', () => {
  it('is what the site file says', async () => {
    const { config } = await load(
      siteText({
        balancing: '{strategy: first-come, quantum: 5500 Wh, voltage: 240 V, usual-stay: 90 min, usual-energy: 20 kWh}',
      }),
    )
    expect(config?.balancing).toEqual({
      strategy: 'first-come',
      quantumWh: 5500,
      voltage: 240,
      usualStayMs: 5_400_000,
      usualWh: 20_000,
    })
  })

  it.each([
    ['strategy: fairly', 'balancing.strategy: is not one of fair, commitments, first-come, priority'],
    ['quantum: 10 kW', 'balancing.quantum: `10 kW` is not an energy (its unit is kWh, Wh)'],
    ['quantum: 1 Wh', 'balancing.quantum: `1 Wh` is out of range (it goes from 1 kWh to 100 kWh)'],
    ['voltage: 400 V', 'balancing.voltage: `400 V` is out of range (it goes from 100 V to 300 V)'],
    ['voltage: 230', 'balancing.voltage: the unit is missing (write `230 V`)'],
    ['usual-stay: 8 d', 'balancing.usual-stay: `8 d` is out of range (it goes from 0.25 h to 168 h)'],
    ['usualstay: 8 h', 'unknown key `usualstay` (did you mean `usual-stay`?)'],
  ])('refuses {%s}', async (text, expected) => {
    const problems = await problemsOf(siteText({ balancing: `{${text}}` }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })
})

const site = (text: string): string => siteText({ stations: `{A: ${station(text)}}` })

describe('a charger', () => {
  /** One that can be set from 8 A to 32 A. */
  const limited: LoadOptions = {
    ...KNOWN,
    mapping: () => ({ kind: 'charger', unit: 1, serial: null, range: { minAmps: 8, maxAmps: 32 } }),
  }

  it('has a priority and a soft minimum', async () => {
    const { config } = await load(site('priority: 9, soft-minimum: 12 A'), limited)
    expect(config?.stations[0]?.chargers[0]).toMatchObject({ priority: 9, softMinAmps: 12 })
  })

  it.each([
    ['priority: 0', 'stations.A.priority: is out of range (the priority is a whole number from 1 to 9'],
    ['priority: 10', 'stations.A.priority: is out of range'],
    ['soft-minimum: 5 A', 'stations.A.soft-minimum: `5 A` is out of range'],
    ['soft-minimum: 33 A', 'stations.A.soft-minimum: is more than the charger’s highest current (32 A)'],
    ['max: 16 A, soft-minimum: 20 A', 'stations.A.soft-minimum: is more than `max` (16 A)'],
  ])('refuses {%s}', async (text, expected) => {
    const problems = await problemsOf(site(text), limited)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it('is warned of a soft minimum below its own', async () => {
    const { warnings } = await load(site('soft-minimum: 6 A'), limited)
    expect(warnings.map(formatProblem).join()).toContain('less than the charger’s lowest current (8 A)')
  })
})

const circuit = (text: string): string => siteText({ circuits: `{house: {limit: 63 A, ${text}}}` })

describe('limits of the cars of a circuit', () => {
  it('are a power and an unbalance', async () => {
    const { config, warnings } = await load(circuit('power: 22 kW, unbalance: 16 A'))
    expect(config?.circuits[0]).toMatchObject({ carsMaxWatts: 22_000, unbalanceAmps: 16 })
    expect(warnings).toEqual([])
  })

  it.each([
    ['power: 1 kW', 'circuits.house.power: `1 kW` is out of range (it goes from 1.4 kW'],
    ['unbalance: 5 A', 'circuits.house.unbalance: `5 A` is out of range (it goes from 6 A'],
  ])('refuse {%s}: no car could charge', async (text, expected) => {
    expect((await problemsOf(circuit(text))).join()).toContain(expected)
  })

  it.each([
    ['power: 50 kW', 'circuits.house.power: warning: is not less than what the fuse allows (43.5 kW)'],
    ['unbalance: 63 A', 'circuits.house.unbalance: warning: is not less than the limit of 63 A'],
    ['power: 4 kW', 'circuits.house.power: warning: the fail-safe currents of its chargers are 4.1 kW, more than 4 kW'],
  ])('warn of {%s}', async (text, expected) => {
    const { config, warnings } = await load(circuit(text))
    expect(config).not.toBeNull()
    expect(warnings.map(formatProblem).join()).toContain(expected)
  })
})
