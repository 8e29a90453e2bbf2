import { expect, test } from 'vitest'
import { Agenda, type AgendaShell } from '../../../src/ocpp/station/agenda.ts'

const NOW = 5000

interface Due {
  readonly sessions?: readonly (number | null)[]
  readonly samples?: readonly (number | null)[]
  readonly gridInMs?: number | null
  readonly gridMoment?: number | null
  readonly reservations?: number | null
}

/** A station of two EVSEs; times are monotonic ms, now is 5000. */
function agendaOf(due: Due, fails: string | null = null) {
  const done: string[] = []
  const act = (what: string): Promise<void> => {
    done.push(what)
    return what === fails ? Promise.reject(new Error(`${what} failed`)) : Promise.resolve()
  }
  const evses: AgendaShell['evses'] = () =>
    [1, 2].map((evse) => ({
      evse,
      nextTickAt: () => due.sessions?.[evse - 1] ?? null,
      nextSampleAt: due.samples?.[evse - 1] ?? null,
      tick: () => act(`session ${evse}`),
      sampleAligned: (at) => act(`sample ${evse} of ${at}`),
    }))
  const agenda = new Agenda({
    clock: { monotonic: () => NOW },
    now: () => 1_000_000,
    grid: { waitMs: due.gridInMs ?? null, take: () => due.gridMoment ?? null },
    reservations: { nextTickAt: () => due.reservations ?? null, tick: () => act('reservations') },
    evses,
  })
  return { agenda, done }
}

test('a ledger that fails ends the round with its fault: what it did not get to is due again', async () => {
  const { agenda, done } = agendaOf({ gridMoment: 900_000 }, 'session 1')
  await expect(agenda.tick()).rejects.toThrow('session 1 failed')
  expect(done).toEqual(['reservations', 'session 1'])
})

test.each<[string, Due, number | null]>([
  ['nothing', {}, null],
  ['a session', { sessions: [null, 7000], gridInMs: 60_000, reservations: 8000 }, 7000],
  ['the grid, which says how long to wait', { sessions: [9000, null], gridInMs: 1000 }, 6000],
  ['a reservation', { sessions: [9000, 8000], reservations: 6500 }, 6500],
  ['a moment that has passed', { sessions: [4000, null] }, 4000],
])('what is due next: %s', (_, due, at) => {
  expect(agendaOf(due).agenda.nextAt()).toBe(at)
})

test.each<[string, Due, number, number | null]>([
  ['its own samples', { samples: [6000, 5500], gridInMs: 3000 }, 1, 6000],
  ['the grid', { samples: [9000, null], gridInMs: 3000 }, 1, 8000],
  ['the grid alone', { gridInMs: 3000 }, 2, 8000],
  ['nothing', {}, 1, null],
  ['the grid, of an EVSE that there is not', { samples: [6000, 6000], gridInMs: 3000 }, 3, 8000],
])('when a meter is sampled next: %s', (_, due, evse, at) => {
  expect(agendaOf(due).agenda.nextSampleAt(evse)).toBe(at)
})

test('reservations end before sessions are looked at, and the grid’s values are taken of all', async () => {
  const off = agendaOf({})
  await off.agenda.tick()
  expect(off.done).toEqual(['reservations', 'session 1', 'session 2'])
  const on = agendaOf({ gridMoment: 900_000 })
  await on.agenda.tick()
  expect(on.done.slice(3)).toEqual(['sample 1 of 900000', 'sample 2 of 900000'])
})
