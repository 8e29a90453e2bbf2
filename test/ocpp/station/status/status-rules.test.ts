import { describe, expect, test } from 'vitest'
import type { EvseState } from '../../../../src/model/station.ts'
import type { Transaction } from '../../../../src/model/transaction.ts'
import { newSession, type Permit, type Session } from '../../../../src/ocpp/station/session/session.ts'
import { connectorStatus, stationStatus } from '../../../../src/ocpp/station/status/status-rules.ts'
import { evseState } from '../rig.ts'

const transaction: Transaction = {
  id: 'tx',
  stationId: 'CP-001',
  evse: 1,
  idToken: 'CARD',
  startedAt: 0,
  startWh: 0,
  endedAt: null,
  endWh: null,
  stopReason: null,
  csmsTransactionId: null,
  remoteStarted: false,
}
const permit: Permit = {
  idToken: 'CARD',
  parentIdToken: null,
  remote: true,
  reservationId: null,
  shared: false,
  since: 0,
}
const idle = newSession(null, null, false)
const plugged: Session = { ...idle, plugged: true, vehicle: 'B' }
const running: Session = { ...plugged, transaction }
const charging: Session = { ...running, vehicle: 'C' }
const flowing: Partial<EvseState> = { measuredAmps: [15.8, 0, 0] }
const still: Partial<EvseState> = { measuredAmps: [0.1, 0, null] }

describe('what a connector shows', () => {
  test.each<[string, Session, Partial<EvseState>, number | null, string]>([
    ['no vehicle', idle, { pilot: 'A' }, null, 'available'],
    ['plugged in, nobody authorised', plugged, { pilot: 'B' }, 0, 'preparing'],
    ['authorised, no vehicle yet', { ...idle, permit }, { pilot: 'A' }, null, 'preparing'],
    ['stopped, still plugged in', { ...plugged, finished: true }, { pilot: 'C' }, 0, 'finishing'],
    ['current flows', charging, { pilot: 'C', ...flowing }, 16, 'charging'],
    ['ventilated, current flows', { ...charging, vehicle: 'D' }, { pilot: 'D', ...flowing }, 16, 'charging'],
    ['contactor closed, nothing measures', charging, { pilot: 'C' }, 16, 'charging'],
    ['the car does not ask', running, { pilot: 'B' }, 16, 'suspended-ev'],
    ['the car asks, but takes nothing', charging, { pilot: 'C', ...still }, 16, 'suspended-ev'],
    ['we pause', charging, { pilot: 'C', ...still }, 0, 'suspended-evse'],
    ['both suspend: ours counts', running, { pilot: 'B' }, 0, 'suspended-evse'],
    ['the identifier became invalid', { ...charging, heldBack: true }, { pilot: 'C' }, 16, 'suspended-evse'],
    ['pilot F', { ...charging, vehicle: 'F' }, { pilot: 'F' }, 16, 'faulted'],
  ])('%s', (_, session, state, offered, status) => {
    expect(connectorStatus(session, evseState(state), true, offered, false).status).toBe(status)
  })

  test.each<[string, Session, string]>([
    ['nobody is there', idle, 'reserved'],
    ['a stranger has plugged in', plugged, 'reserved'],
    ['its holder has come', { ...idle, permit }, 'preparing'],
    ['its holder charges', charging, 'charging'],
    ['the car before has not left', { ...plugged, finished: true }, 'finishing'],
  ])('held for a reservation: %s', (_, session, status) => {
    expect(connectorStatus(session, evseState({ pilot: 'C', ...flowing }), true, 16, true).status).toBe(status)
  })

  test('a session whose vehicle was unplugged says so (§4.9)', () => {
    const left: Session = { ...running, plugged: false, vehicle: 'A' }
    const view = connectorStatus(left, evseState({ pilot: 'A' }), true, 0, false)
    expect(view).toEqual({ status: 'suspended-ev', fault: null, info: 'EV side disconnected' })
    expect(connectorStatus(running, evseState({ pilot: 'B' }), true, 16, false).info).toBeNull()
  })

  test('a fault shows the vendor’s own code', () => {
    const fault = { code: '0x0102', kind: 'GroundFailure', text: 'residual current' }
    expect(connectorStatus(charging, evseState({ pilot: 'C', fault }), true, 16, false)).toEqual({
      status: 'faulted',
      fault,
      info: 'residual current',
    })
  })

  test('a session that lost the talk with its vehicle is suspended; without one the connector is faulted', () => {
    const fault = { code: 'F8', kind: 'EVCommunicationError', text: 'The pilot signal is out of range' }
    const observed = evseState({ pilot: 'F', fault })
    expect(connectorStatus(charging, observed, true, 16, false)).toEqual({
      status: 'suspended-evse',
      fault,
      info: fault.text,
    })
    expect(connectorStatus(plugged, observed, true, 0, false).status).toBe('faulted')
  })

  test.each([
    ['E', 'Pilot state E: no supply, or the pilot is shorted'],
    ['F', 'Pilot state F: the charger is not available'],
  ] as const)('pilot state %s without a code of the maker', (pilot, text) => {
    expect(connectorStatus(idle, evseState({ pilot }), true, null, false)).toEqual({
      status: 'faulted',
      fault: { code: pilot, kind: 'OtherError', text },
      info: text,
    })
    expect(text.length).toBeLessThanOrEqual(50)
  })

  test('a charger that does not answer is faulted, for operators alarm on that', () => {
    const { status, fault } = connectorStatus(idle, evseState({ online: false, quality: 'stale' }), true, null, false)
    expect([status, fault?.kind, fault?.code]).toEqual(['faulted', 'InternalError', 'offline'])
  })

  test('out of service shows at once without a transaction, and after it with one', () => {
    expect(connectorStatus(plugged, evseState({ pilot: 'B' }), false, 0, false).status).toBe('unavailable')
    expect(connectorStatus(charging, evseState({ pilot: 'C', ...flowing }), false, 16, false).status).toBe('charging')
  })

  test('before the first answer nothing is claimed', () => {
    expect(connectorStatus(idle, null, true, null, false).status).toBe('unavailable')
  })
})

test('the station itself is faulted only when no charger answers', () => {
  const on = evseState()
  const off = evseState({ online: false })
  expect(stationStatus([on, off], true, false).status).toBe('available')
  expect(stationStatus([off, off], true, false).status).toBe('faulted')
  expect(stationStatus([on], false, true).status).toBe('available')
  expect(stationStatus([on], false, false).status).toBe('unavailable')
})
