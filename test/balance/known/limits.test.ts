import { describe, expect, it } from 'vitest'
import { limitsOf } from '../../../src/balance/known/limits.ts'
import { slotOf, treeOf } from '../../../src/balance/known/tree.ts'
import type { ControllerParameters } from '../../../src/model/controller-parameters.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import type { SiteLimit } from '../../../src/model/site-limit.ts'
import { SETTINGS, circuit, site } from '../site.ts'

const circuits = [circuit('house', 63), circuit('row', 40, { parentId: 'house', carsMaxWatts: 9200 })]
const tree = treeOf(circuits)
const signal = (more: Partial<SiteLimit>): SiteLimit => ({
  id: 'one',
  source: 'dso',
  circuitId: 'house',
  maxAmps: null,
  carsMaxWatts: null,
  priority: 0,
  since: 0,
  until: null,
  ...more,
})

function limits(given: readonly SiteLimit[] = [], parameters: Partial<ControllerParameters> = {}) {
  const input = site({ circuits, limits: given, parameters: { ...PLAIN_PARAMETERS, ...parameters } })
  const { phaseAmps, phaseOrigin, carsAmps, carsOrigin } = limitsOf(input, tree, SETTINGS)
  const slots = [slotOf(0, 0), slotOf(1, 0)]
  return {
    amps: slots.map((slot) => phaseAmps[slot]),
    origin: slots.map((slot) => phaseOrigin[slot]),
    carsAmps: [...carsAmps],
    carsOrigin,
  }
}

describe('the limit that counts', () => {
  it('is the fuse, and the power of the cars as A over all phases', () => {
    expect(limits()).toEqual({
      amps: [63, 40],
      origin: ['fuse', 'fuse'],
      carsAmps: [Infinity, 40],
      carsOrigin: ['fuse', 'fuse'],
    })
  })

  it('is the usable share of the supply, not of what lies below', () => {
    expect(limits([], { usableSharePercent: 50 })).toMatchObject({ amps: [31.5, 40], origin: ['controller', 'fuse'] })
  })

  it('is the lowest of all sources, which is named; nothing is ever raised', () => {
    const ems = signal({ id: 'two', source: 'ems', maxAmps: everyPhase(25) })
    expect(limits([signal({ maxAmps: everyPhase(30) }), ems])).toMatchObject({
      amps: [25, 40],
      origin: ['ems', 'fuse'],
    })
    expect(limits([signal({ maxAmps: everyPhase(100) })])).toMatchObject({ amps: [63, 40], origin: ['fuse', 'fuse'] })
    expect(limits([signal({ carsMaxWatts: 4600 })])).toMatchObject({ carsAmps: [20, 40], carsOrigin: ['dso', 'fuse'] })
  })

  it.each([NaN, -1])('that is no number (%s) allows nothing', (bad) => {
    expect(limits([signal({ maxAmps: everyPhase(bad) })]).amps).toEqual([0, 40])
    expect(limits([signal({ carsMaxWatts: bad })]).carsAmps).toEqual([0, 40])
    expect(limits([], { circuitMaxAmps: new Map([['row', bad]]) }).amps).toEqual([63, 0])
    expect(limits([], { usableSharePercent: bad }).amps).toEqual([0, 40])
  })

  it('leaves out a limit of a circuit that is not there', () => {
    expect(limits([signal({ circuitId: 'nowhere', maxAmps: everyPhase(1) })]).amps).toEqual([63, 40])
  })
})
