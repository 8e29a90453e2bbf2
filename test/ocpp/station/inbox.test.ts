import { expect, test } from 'vitest'
import { Inbox } from '../../../src/ocpp/station/inbox.ts'
import { evseState, Rig } from './rig.ts'

test('polls that tell the same are merged; the newest and its time stay', () => {
  const inbox = new Inbox()
  expect(inbox.put(evseState({ pilot: 'B' }), 1)).toBe(true)
  expect(inbox.put(evseState({ pilot: 'C', energyWh: 1 }), 2)).toBe(false)
  inbox.put(evseState({ pilot: 'C', energyWh: 2 }), 3)
  expect(inbox.take()?.at).toBe(1)
  expect(inbox.take()).toMatchObject({ at: 3, since: 2, state: { energyWh: 2 } })
  expect(inbox.take()).toBeUndefined()
})

test('a card that lies in the reader is not shown anew because the station was busy', async () => {
  const rig = await Rig.start({ authorization: { way: 'card' } })
  await rig.poll({ pilot: 'C', tag: 'CARD' })
  await rig.poll({ tag: 'CARD' })
  expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  const disk = Promise.withResolvers<void>()
  rig.ledger.hanging = disk.promise
  // Something that waits for the disk, inside the actor.
  void rig.csms.send('ChangeAvailability', { connectorId: 1, type: 'Operative' })
  await rig.clock.settle()
  for (let second = 0; second < 20; second++) {
    rig.station.observe(evseState({ pilot: 'C', tag: 'CARD', energyWh: 1000 + second }))
    await rig.clock.advance(1000)
  }
  disk.resolve()
  rig.ledger.hanging = null
  await rig.clock.advance(1000)
  await rig.poll({ tag: 'CARD' })
  expect(rig.happened('card-presented')).toHaveLength(1)
  expect(rig.csms.of('StopTransaction')).toEqual([])
})
