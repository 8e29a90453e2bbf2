/** What an EVSE goes on with after a restart, of all that the ledger keeps. */
import { expect, test } from 'vitest'
import { finishedKey, invalidKey } from '../../../src/ocpp/station/evse-shell.ts'
import { storedEvse } from '../../../src/ocpp/station/resume.ts'
import { endingKey } from '../../../src/ocpp/station/session/pending-end.ts'
import { meter, started } from '../../ledger/records.ts'

const NOTHING = { settings: new Map<string, string>(), meters: [], transaction: null, parentIdToken: null }

test('an empty ledger gives an EVSE of which nothing is known', () => {
  expect(storedEvse(1, NOTHING)).toEqual({
    meter: null,
    transaction: null,
    parentIdToken: null,
    finished: false,
    ending: null,
    invalidSinceWh: null,
  })
})

test('what is of another transaction, of another EVSE or makes no sense counts for nothing', () => {
  const settings = new Map([
    [invalidKey(1), 'T0 1500'],
    [invalidKey(2), 'T1 1500'],
    [finishedKey(1), 'yes'],
    [finishedKey(2), 'true'],
    [endingKey(1), '{'],
  ])
  const stored = storedEvse(1, { ...NOTHING, settings, meters: [{ ...meter(), evse: 2 }], transaction: started('T1') })
  expect(stored).toMatchObject({ meter: null, finished: false, ending: null, invalidSinceWh: null })
})

test('its own meter and words are taken up', () => {
  const settings = new Map([
    [invalidKey(1), 'T1 1500'],
    [finishedKey(1), 'true'],
  ])
  const known = { settings, meters: [meter()], transaction: started('T1'), parentIdToken: 'FAMILY' }
  expect(storedEvse(1, known)).toEqual({
    meter: meter(),
    transaction: started('T1'),
    parentIdToken: 'FAMILY',
    finished: true,
    ending: null,
    invalidSinceWh: 1500,
  })
})
