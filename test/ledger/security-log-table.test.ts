import { expect, test } from 'vitest'
import type { SecurityLogEntry } from '../../src/ledger/ledger.ts'
import { openFor, temporaryFolder } from './records.ts'

function reset(at: number, stationId = 'CP-1'): SecurityLogEntry {
  return { at, stationId, type: 'ResetOrReboot', techInfo: `${at}` }
}

test('the log gives the newest of a station in a span of time, oldest first', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  for (const at of [10, 20, 30, 40]) await first.recordSecurityEvent(reset(at))
  await first.recordSecurityEvent(reset(25, 'CP-2'))
  await first.close()

  const ledger = await openFor(folder)
  const times = async (from: number | null, to: number | null, limit: number): Promise<number[]> =>
    (await ledger.securityLog('CP-1', from, to, limit)).map(({ at }) => at)
  expect(await ledger.securityLog('CP-2', null, null, 10)).toEqual([reset(25, 'CP-2')])
  expect(await times(null, null, 10)).toEqual([10, 20, 30, 40])
  expect(await times(20, 30, 10)).toEqual([20, 30])
  expect(await times(null, 30, 2)).toEqual([20, 30])
  expect(await times(31, null, 10)).toEqual([40])
})

test('it rolls: the newest stay, everyday events do not push them out', async () => {
  const ledger = await openFor(temporaryFolder(), { keepSecurityEvents: 50, keepEvents: 10 })
  await Promise.all(Array.from({ length: 600 }, (_, at) => ledger.recordSecurityEvent(reset(at))))
  await Promise.all(
    Array.from({ length: 600 }, (_, at) => ledger.recordEvent({ at, stationId: 'CP-1', kind: 'x', text: '' })),
  )
  const log = await ledger.securityLog('CP-1', null, null, 1000)
  expect(log.at(-1)).toEqual(reset(599))
  expect(log.length).toBeGreaterThanOrEqual(50)
  expect(log.length).toBeLessThanOrEqual(250)
})

test('what is no text or no time is refused', async () => {
  const ledger = await openFor(temporaryFolder())
  for (const wrong of [
    reset(Number.NaN),
    { ...reset(1), techInfo: '\uD800' },
    { ...reset(1), techInfo: 'x'.repeat(2000) },
  ])
    await expect(ledger.recordSecurityEvent(wrong)).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
})
