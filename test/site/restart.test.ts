/** A bridge that is restarted while cars charge (an update, a power cut of the cabinet). */
import { expect, it } from 'vitest'
import { simulatedSite } from './simulated-site.ts'

it('changes nothing for cars that charge: the bridge looks first and then goes on where it was', async () => {
  const site = await simulatedSite(
    [{ id: 'house', limit: 63, meter: 'grid', failSafe: 12 }],
    [
      { id: 'A', circuit: 'house' },
      { id: 'B', circuit: 'house' },
    ],
  )
  const drawn = (): readonly number[] => [site.world.box('A').drawnAmps, site.world.box('B').drawnAmps]
  site.world.building.set('house', 20)
  await site.run(5000)
  for (const id of ['A', 'B']) site.world.box(id).plug({ maxAmps: 32 })
  await site.run(60_000)
  expect(drawn()).toEqual([21.5, 21.5])
  const before = site.bridge.snapshot().stations.map(({ evses }) => evses[0]?.transaction?.id)

  await site.restart()
  await site.run(60_000, () => expect(drawn()).toEqual([21.5, 21.5]))

  expect(site.bridge.snapshot().stations.map(({ evses }) => evses[0]?.transaction?.id)).toEqual(before)
  expect(site.world.overloads).toEqual([])
})
