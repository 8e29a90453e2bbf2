/** One message at a time, for tests of what is kept. Apart from `records.ts`, for processes that run without the test runner. */
import type { Ledger, OutboxEntry } from '../../src/ledger/ledger.ts'

/** The oldest message not delivered yet, or null. */
export async function nextMessage(ledger: Ledger, upstream: string, station: string): Promise<OutboxEntry | null> {
  const [next] = await ledger.advance(upstream, station, [], 1)
  if (next === undefined) return null
  const { upstreamId, stationId, messageId, transactionId, message, sequence, attempts } = next
  return { upstreamId, stationId, messageId, transactionId, message, sequence, attempts }
}

export async function delivered(ledger: Ledger, sequence: number, csmsTransactionId: string | null): Promise<void> {
  await ledger.advance('', '', [{ sequence, csmsTransactionId }], 0)
}
