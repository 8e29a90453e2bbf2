import { expect, test } from 'vitest'
import type { StatusView } from '../../../../src/ocpp/station/status/status-rules.ts'
import { settleStatus, UNSETTLED } from '../../../../src/ocpp/station/status/status-settling.ts'

const view = (status: StatusView['status']): StatusView => ({ status, fault: null, info: null })

test('the first status is told at once, the same one never again', () => {
  const first = settleStatus(UNSETTLED, view('available'), 0, 0)
  expect(first.report).toEqual(view('available'))
  expect(settleStatus(first.settling, view('available'), 1000, 0).report).toBeNull()
})

test('MinimumStatusDuration: what is gone before it lasted is not told', () => {
  const shown = settleStatus(UNSETTLED, view('available'), 0, 10_000).settling
  const fresh = settleStatus(shown, view('preparing'), 1000, 10_000)
  expect(fresh).toMatchObject({ report: null, dueAt: 11_000 })
  const back = settleStatus(fresh.settling, view('available'), 5000, 10_000)
  expect(back).toMatchObject({ report: null, dueAt: null })
  const again = settleStatus(back.settling, view('preparing'), 6000, 10_000).settling
  expect(settleStatus(again, view('preparing'), 16_000, 10_000).report).toEqual(view('preparing'))
})

test('a pause is told after 3 s', () => {
  const shown = settleStatus(UNSETTLED, view('charging'), 0, 0).settling
  const suspended = settleStatus(shown, view('suspended-evse'), 1000, 0)
  expect(settleStatus(suspended.settling, view('suspended-evse'), 4000, 0).report).toEqual(view('suspended-evse'))
})

test('at the start of a session after 6 s: it passes through a pause while the first set-point is on its way', () => {
  const shown = settleStatus(UNSETTLED, view('preparing'), 0, 0).settling
  const suspended = settleStatus(shown, view('suspended-evse'), 1000, 0)
  expect(suspended.report).toBeNull()
  expect(settleStatus(suspended.settling, view('charging'), 3000, 0).report).toEqual(view('charging'))
  expect(settleStatus(suspended.settling, view('suspended-evse'), 6900, 0).report).toBeNull()
  expect(settleStatus(suspended.settling, view('suspended-evse'), 7000, 0).report).toEqual(view('suspended-evse'))
})

test('a car that takes nothing is told after 6 s, for it has 5 s to follow a set-point', () => {
  const shown = settleStatus(UNSETTLED, view('charging'), 0, 0).settling
  const suspended = settleStatus(shown, view('suspended-ev'), 1000, 0)
  expect(suspended).toMatchObject({ report: null, dueAt: 7000 })
  expect(settleStatus(suspended.settling, view('suspended-ev'), 7000, 0).report).toEqual(view('suspended-ev'))
})
