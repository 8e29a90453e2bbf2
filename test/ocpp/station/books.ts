/** What a recording CSMS must have seen when a day is over. */
import { expect } from 'vitest'
import type { MemoryCsms } from './memory-csms.ts'

/** Every transaction once, in order, at whoever listens. */
export function checkTransactions(csms: MemoryCsms, count: number): void {
  expect(csms.transactions.size).toBe(count)
  // The CSMS sees no transaction id but its own.
  for (const { payload } of [...csms.of('StopTransaction'), ...csms.of('MeterValues')])
    if (payload['transactionId'] !== undefined)
      expect([...csms.transactions.keys()]).toContain(payload['transactionId'])
  for (const { start, stops, values } of csms.transactions.values()) {
    expect(stops).toHaveLength(1)
    const [stop] = stops
    expect(stop?.payload['meterStop']).toBeGreaterThanOrEqual(start.payload['meterStart'] as number)
    const calls = [start, ...values, ...stops]
    expect(calls.map((call) => csms.calls.indexOf(call))).toEqual(
      calls.map((call) => csms.calls.indexOf(call)).toSorted((one, other) => one - other),
    )
    expect(new Date(stop?.payload['timestamp'] as string) >= new Date(start.payload['timestamp'] as string)).toBe(true)
  }
  // In the order in which they happened.
  const times = [...csms.transactions.values()].map(({ start }) => start.payload['timestamp'] as string)
  expect(times).toEqual(times.toSorted())
}
