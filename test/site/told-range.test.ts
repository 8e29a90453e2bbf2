/** A charger that tells its own range at connect: the site shares out no more than it can take. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { simulatedSite } from './simulated-site.ts'

/** A KEBA that tells 8 A to 13 A. */
const BOX = `device: KEBA with a small cable
from: keba-p30
points: {lowest: {at: 9000, type: u16, unit: A}, highest: {at: 9001, type: u16, unit: A}}
write: {current: {range: [lowest, highest]}}
examples:
  - {given: {9000: [8, 13]}, expect: {power: null}}
`
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ampbridge-range-'))
  writeFileSync(join(folder, 'small.yaml'), BOX)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('what the box cannot take goes to the others', async () => {
  const site = await simulatedSite(
    [{ id: 'house', limit: 40 }],
    [
      { id: 'A', circuit: 'house', mapping: join(folder, 'small.yaml') },
      { id: 'B', circuit: 'house' },
    ],
  )
  const drawn = (): readonly number[] => [site.world.box('A').drawnAmps, site.world.box('B').drawnAmps]
  await site.run(5000)
  for (const id of ['A', 'B']) site.world.box(id).plug({ maxAmps: 32 })
  await site.run(60_000)
  expect(drawn()).toEqual([13, 27])
  expect(site.world.overloads).toEqual([])
  expect(site.log.filter(({ level }) => level === 'error')).toEqual([])
})

it('the smallest current that it takes is its own too: where that is not left, it waits', async () => {
  const site = await simulatedSite(
    [{ id: 'house', limit: 7 }],
    [{ id: 'A', circuit: 'house', mapping: join(folder, 'small.yaml') }],
  )
  await site.run(5000)
  site.world.box('A').plug({ maxAmps: 32 })
  await site.run(60_000)
  expect(site.world.box('A').drawnAmps).toBe(0)
  expect(site.world.overloads).toEqual([])
})
