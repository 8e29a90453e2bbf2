import { expect, test } from 'vitest'
import { buildingAmps } from '../../src/demo/building.ts'
import { UNKNOWN_CARD } from '../../src/demo/cars.ts'
import { cardShown, World } from '../../src/demo/world.ts'
import type { WorldBay } from '../../src/demo/world.ts'
import type { SignalValues } from '../../src/model/signal.ts'
import { rotation } from '../../src/model/phase.ts'

interface Shown {
  readonly world: World
  readonly chargers: Partial<SignalValues>[]
  readonly meter: { values: Partial<SignalValues> }
  readonly told: string[]
  offer: number
}

function park(): Shown {
  const told: string[] = []
  const chargers: Partial<SignalValues>[] = [{}, {}]
  const meter = { values: {} }
  const shown: Omit<Shown, 'world'> = { chargers, meter, told, offer: 0 }
  const bays = (['L1L2L3', 'L2L3L1'] as const).map((name, index): WorldBay => ({
    stationId: `CP-00${index + 1}`,
    rotation: rotation(name),
    hasReader: index === 0,
    maxAmps: 32,
    charger: { offerAmps: () => state.offer, show: (values) => void (chargers[index] = values) },
  }))
  const world = new World({
    bays,
    meter: { show: (values) => void (meter.values = values) },
    speed: 1,
    tell: (text) => told.push(text),
  })
  const state: Shown = Object.assign(shown, { world })
  return state
}

test('an empty car park: no vehicle, and the meter shows the building alone', () => {
  const { chargers, meter } = park()
  const { L1, L2, L3 } = buildingAmps(0)
  expect(chargers[0]).toMatchObject({ state: 'A', current: [0, 0, 0], power: 0, tag: null })
  expect(meter.values.current).toEqual([L1, L2, L3])
})

test('plugged in, waiting, then charging when current is offered; the meter sees it on the wired phases', () => {
  const shown = park()
  shown.world.step(0.25)
  expect(shown.chargers[0]).toMatchObject({ state: 'B', power: 0 })
  expect(shown.told).toEqual([
    'CP-001: a car is plugged in (three phases, up to 32 A)',
    'CP-002: a car is plugged in (three phases, up to 20 A)',
  ])
  shown.offer = 10
  for (let step = 0; step < 60; step++) shown.world.step(0.25)
  expect(shown.chargers[1]).toMatchObject({ state: 'C', current: [10, 10, 10] })
  const building = buildingAmps(15.25)
  expect(shown.world.gridAmps().L2).toBeCloseTo(building.L2 + 20)
  expect(shown.meter.values.power).toBeCloseTo(230 * (building.L1 + building.L2 + building.L3 + 60), 3)
})

test('the card is shown two seconds after the plug, at the charger that has a reader', () => {
  const { world, chargers } = park()
  world.step(1)
  expect(chargers[0]?.tag).toBeNull()
  world.step(2)
  expect(chargers[0]?.tag).toMatch(/^04/)
  expect(chargers[1]).not.toHaveProperty('tag')
})

test('who is refused tries another card', () => {
  const { world } = park()
  world.step(1)
  const [bay] = world.bays
  const car = { ...bay!.car!, plan: { ...bay!.car!.plan, card: UNKNOWN_CARD } }
  const at = (pluggedSeconds: number) => cardShown({ ...car, pluggedSeconds })
  expect([at(1), at(3), at(10), at(16)]).toEqual([null, UNKNOWN_CARD, null, '04A1B2C3'])
})

test('the building makes the fuse of 63 A bind for four chargers of 16 A, but never exceeds it alone', () => {
  const day = Array.from({ length: 1200 }, (_, second) => buildingAmps(second))
  const peak = Math.max(...day.flatMap(({ L1, L2, L3 }) => [L1, L2, L3]))
  const lowest = Math.min(...day.flatMap(({ L1, L2, L3 }) => [L1, L2, L3]))
  expect(peak).toBeGreaterThan(35)
  expect(peak).toBeLessThan(50)
  expect(lowest).toBeGreaterThan(5)
  expect(buildingAmps(77)).toEqual(buildingAmps(77))
})
