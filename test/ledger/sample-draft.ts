/** Apart from `records.ts`, for processes that run without the test runner. */
import type { OutboxDraft } from '../../src/ledger/ledger.ts'

export const UPSTREAM = 'operator'

export function sampleDraft(id: string, number: number, stationId = 'CP-1', upstreamId = UPSTREAM): OutboxDraft {
  const message = { kind: 'meter-values', evse: 1, transactionId: id, samples: [] } as const
  return { upstreamId, stationId, messageId: `${id}-sample-${number}`, transactionId: id, message }
}
