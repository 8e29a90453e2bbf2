import { expect, test } from 'vitest'
import type { StationMessage } from '../../../../src/model/csms.ts'
import type { StationHappening } from '../../../../src/model/event.ts'
import { StatusBoard, type StatusBoardShell } from '../../../../src/ocpp/station/status/status-board.ts'
import type { StatusView } from '../../../../src/ocpp/station/status/status-rules.ts'
import { evseState } from '../rig.ts'

type Evse = ReturnType<StatusBoardShell['evses']>[number]

const AVAILABLE: StatusView = { status: 'available', fault: null, info: null }
const FREE: Evse = { evse: 1, observed: evseState(), shown: AVAILABLE, session: { transaction: null } }
const CHARGING: Evse = {
  evse: 2,
  observed: evseState({ evse: 2, pilot: 'C' }),
  shown: { status: 'charging', fault: null, info: null },
  session: { transaction: {} },
}

function rig(evses: readonly Evse[]) {
  const world = { evses, operative: true, emitted: [] as StationHappening[], sent: [] as StationMessage[] }
  const board = new StatusBoard({
    evses: () => world.evses,
    isOperative: () => world.operative,
    now: () => 1000,
    emit: (happening) => world.emitted.push(happening),
    send: (message) => world.sent.push(message),
  })
  return { board, world }
}

test('the station’s own status is told once, and again when it is another', () => {
  const { board, world } = rig([FREE])
  board.tellOwn()
  board.tellOwn()
  expect(world.sent).toEqual([{ kind: 'status', evse: 0, ...board.own(), at: 1000 }])
  world.operative = false
  board.tellOwn()
  expect(world.sent.map((message) => message.kind === 'status' && message.status)).toEqual(['available', 'unavailable'])
  expect(world.emitted).toHaveLength(2)
})

test('a charger that answers no more is told as a fault of the station, once', () => {
  const { board, world } = rig([FREE])
  board.tellOwn()
  world.evses = [{ ...FREE, observed: evseState({ online: false }) }]
  board.tellOwn()
  board.tellOwn()
  const told = world.sent.map((message) => message.kind === 'status' && [message.status, message.fault?.code ?? null])
  expect(told).toEqual([
    ['available', null],
    ['faulted', 'offline'],
  ])
})

test('a CSMS that has just registered hears all, with the time it has now, whatever was told before', () => {
  const { board, world } = rig([FREE, CHARGING])
  board.tellOwn()
  const heard: StationMessage[] = []
  board.tellAll({ reportStatus: (message) => heard.push(message) })
  expect(heard.map((message) => message.kind === 'status' && [message.evse, message.status, message.at])).toEqual([
    [0, board.own().status, 1000],
    [1, 'available', 1000],
    [2, 'charging', 1000],
  ])
  expect(world.sent).toHaveLength(1)
})

test('it is busy as long as a transaction runs anywhere', () => {
  expect(rig([FREE]).board.isBusy).toBe(false)
  expect(rig([FREE, CHARGING]).board.isBusy).toBe(true)
  expect(rig([]).board.isBusy).toBe(false)
})
