/** A site of the planner's protocol: two three-phase chargers on one metered circuit. */
import type { InitMessage, TickCharger, TickMessage } from '../../src/study/line-messages.ts'

const charger = (id: string) =>
  ({ id, circuit: 'main', minA: 6, maxA: 16, stepA: 1, phases: 3, fallbackA: 0, fallbackAfterS: 30 }) as const

export function init(more: Partial<InitMessage['site']> = {}, restart = false): InitMessage & { protocol: 1 } {
  return {
    type: 'init',
    protocol: 1,
    restart,
    t: 0,
    site: {
      id: 'depot',
      voltage: 230,
      tickS: 5,
      settleS: 8,
      circuits: [{ id: 'main', parent: null, limitA: [40, 40, 40] }],
      chargers: [charger('a'), charger('b')],
      meters: [{ id: 'grid', circuit: 'main' }],
      tariff: [],
      failsafe: { meterStaleS: 10, circuit: 'main', evA: 6 },
      ...more,
    },
  }
}

export function car(id: string, more: Partial<TickCharger> = {}): TickCharger {
  return {
    id,
    online: true,
    seenAgeS: 0,
    status: 'Charging',
    setA: 0,
    A: [0, 0, 0],
    ageS: 1,
    session: {
      id: `visit-${id}`,
      sinceT: 0,
      kWh: 0,
      energyKWh: null,
      departT: null,
      priority: 1,
      commit: null,
      csmsA: null,
    },
    ...more,
  }
}

export function tick(seq: number, chargers: readonly TickCharger[], gridAmps: number): TickMessage {
  return {
    type: 'tick',
    seq,
    t: seq * 5,
    meters: { grid: { A: [gridAmps, gridAmps, gridAmps], ageS: 0 } },
    limits: [],
    chargers,
  }
}
