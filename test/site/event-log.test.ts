import { expect, test } from 'vitest'
import type { LedgerEvent } from '../../src/ledger/ledger.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { StationEvent } from '../../src/model/event.ts'
import { eventLog } from '../../src/site/event-log.ts'

const AT = { stationId: 'CP-1', at: 1000 }
const FAULT: StationEvent = { ...AT, kind: 'station-fault', code: 'LEDGER_FULL', text: 'the disk is full' }
const OPEN: StationEvent = { ...AT, kind: 'csms-open', upstreamId: 'operator' }
const FRAME: StationEvent = { ...AT, kind: 'frame', upstreamId: 'operator', direction: 'sent', text: '[2,"1","H",{}]' }

function told(events: readonly StationEvent[], store: () => Promise<void> = () => Promise.resolve()) {
  const lines: string[] = []
  const rows: LedgerEvent[] = []
  const line = (level: string) => (_fields: object, text: string) => void lines.push(`${level} ${text}`)
  const log = { info: line('info'), warn: line('warn'), error: line('error') }
  const recordEvent = (event: LedgerEvent): Promise<void> => {
    rows.push(event)
    return store()
  }
  const tell = eventLog(log, { recordEvent })
  for (const event of events) tell(event)
  return { lines, rows }
}

test('an event that the disk refuses is in the log all the same, with the reason', async () => {
  const { lines } = told([OPEN], () => Promise.reject(new BridgeError('LEDGER_FULL', 'no space')))
  await Promise.resolve()
  expect(lines).toHaveLength(2)
  expect(lines[1]).toBe('warn an event was not stored: no space')
})

test('a fault is a warning, what is usual is not; both are kept with their time and words', () => {
  const { lines, rows } = told([FAULT, OPEN])
  expect(lines.map((text) => text.split(':')[0])).toEqual(['warn CP-1', 'info CP-1'])
  expect(rows.map(({ at, stationId, kind }) => [at, stationId, kind])).toEqual([
    [1000, 'CP-1', 'station-fault'],
    [1000, 'CP-1', 'csms-open'],
  ])
  expect(lines[0]).toContain(rows[0]!.text)
})

test('frames say nothing to people', () => {
  expect(told([FRAME])).toEqual({ lines: [], rows: [] })
})

test('a set-point is a line and no row: decisions are kept elsewhere', () => {
  const binding = { kind: 'unbalance', circuitId: 'house', limitAmps: 20 } as const
  const setPoint = { stationId: 'CP-1', evse: 1, amps: 9, binding }
  const { lines, rows } = told([{ ...AT, kind: 'set-point', setPoint }])
  expect([lines.length, rows.length]).toEqual([1, 0])
})
