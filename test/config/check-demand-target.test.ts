/** The demand target and the plan: of something that is measured, and with something to plan by. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { load, siteText } from './site-text.ts'

const site = (target: string, more: Record<string, string> = {}): string =>
  siteText({
    circuits: '{house: {limit: 63 A, meter: grid, fail-safe: 16 A}, garage: {parent: house, limit: 32 A}}',
    meters: '{grid: {mapping: sdm630, connect: "tcp://10.0.0.9:502"}}',
    'demand-target': target,
    ...more,
  })

describe('a demand target', () => {
  it('is a power of a metered circuit', async () => {
    const { config } = await load(site('{circuit: house, power: 20500 W}'))
    expect(config?.demandTarget).toEqual({ circuitId: 'house', watts: 20_500 })
  })

  it.each([
    ['{circuit: garage, power: 20 kW}', 'demand-target.circuit: `garage` has no `meter` (nobody knows the mean'],
    ['{circuit: huose, power: 20 kW}', 'demand-target.circuit: there is no circuit `huose` (did you mean `house`?)'],
    ['{circuit: house}', 'demand-target.power: is missing (write a power, for example `11 kW`)'],
    ['{circuit: house, power: 20}', 'demand-target.power: the unit is missing (write `20 kW`)'],
    ['{circuit: house, power: 20 A}', 'is not a power (its unit is kW, W, MW)'],
    ['{circuit: house, power: 100 W}', 'is out of range (it goes from 1 kW to 100000 kW)'],
  ])('refuses %s', async (target, expected) => {
    const { problems } = await load(site(target))
    expect(problems).toHaveLength(1)
    expect(problems.map(formatProblem).join()).toContain(expected)
  })

  it('that the fuses keep anyhow is a warning', async () => {
    const { warnings } = await load(site('{circuit: house, power: 44 kW}'))
    expect(warnings.map(formatProblem).join()).toContain('is not less than what the fuses of `house` allow (43.5 kW)')
  })
})

describe('a plan', () => {
  it('may guide who waits', async () => {
    const { config, warnings } = await load(site('{circuit: house, power: 20 kW}', { plan: 'true' }))
    expect(config?.plan).toBe(true)
    expect(warnings).toEqual([])
  })

  it('needs something to plan by', async () => {
    const { warnings } = await load(siteText({ plan: 'true' }))
    expect(warnings.map(formatProblem).join()).toContain('plan: warning: there is nothing to plan by')
  })

  it('is true or false', async () => {
    const { problems } = await load(siteText({ plan: '{fast: true}' }))
    expect(problems.map(formatProblem).join()).toContain('plan: is a section, not true or false')
  })
})
