import { expect, test } from 'vitest'
import { barScale, carsPowerW, circuitTree, phaseLoad } from '../../src/web/load.ts'
import { sampleEvse, sampleSite, sampleStation } from '../api/sample-site.ts'

const [house, garage] = sampleSite().circuits
const circuit = (id: string, parentId: string | null) => ({ ...garage!, id, parentId })

test('what flows is the building and the cars', () => {
  expect(phaseLoad(house!, 'L2')).toMatchObject({ totalAmps: 61.8, buildingAmps: 33.1, limitAmps: 63 })
  expect(phaseLoad(house!, 'L2').carsAmps).toBeCloseTo(28.7)
})

test('a roof that feeds in does not make the cars smaller than nothing', () => {
  const sunny = { ...house!, measuredAmps: { L1: 4, L2: 0, L3: 0 }, buildingAmps: { L1: -6, L2: 3, L3: 0 } }
  expect(phaseLoad(sunny, 'L1').carsAmps).toBe(4)
  expect(phaseLoad(sunny, 'L2').carsAmps).toBe(0)
})

test('unknown stays unknown', () => {
  expect(phaseLoad({ ...house!, measuredAmps: null }, 'L1')).toMatchObject({ totalAmps: null, carsAmps: null })
})

test('circuits are listed below their parents; an orphan or a ring hides nothing', () => {
  const order = circuitTree([
    circuit('c', 'b'),
    circuit('b', 'a'),
    circuit('a', null),
    circuit('lost', 'gone'),
    circuit('x', 'y'),
    circuit('y', 'x'),
  ])
  expect(order.map((node) => `${node.depth} ${node.circuit.id}`)).toEqual(['0 a', '1 b', '2 c', '0 lost', '0 x', '1 y'])
})

test('power of the cars is the sum of those who tell, unknown when none does', () => {
  const one = sampleStation('A', { evses: [sampleEvse({ powerW: 4000 })] })
  const mute = sampleStation('B', { evses: [sampleEvse({ powerW: null })] })
  const offline = sampleStation('C', { online: false, evses: [sampleEvse({ powerW: 7000 })] })
  expect(carsPowerW(sampleSite({ stations: [one, mute, offline] }))).toBe(4000)
  expect(carsPowerW(sampleSite({ stations: [mute, offline] }))).toBeNull()
})

test('bars end at a usual fuse size', () => {
  expect([barScale([null, 9]), barScale([16.4]), barScale([900])]).toEqual([16, 20, 900])
})
