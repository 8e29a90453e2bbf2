import { expect, it } from 'vitest'
import { balanceSettings } from '../../src/site/balance-settings.ts'

const BALANCING = { strategy: 'commitments', quantumWh: 5000, voltage: 240, usualStayMs: 1000, usualWh: 2000 } as const

it('what the site file says of balancing reaches the core', () => {
  expect(balanceSettings(BALANCING, [])).toMatchObject(BALANCING)
})

it('old and new set-point count until the slowest charger and then its car have followed, 8 s at least', () => {
  expect(balanceSettings(BALANCING, [1000, 2000]).settleMs).toBe(8000)
  expect(balanceSettings(BALANCING, [5000, 20_000]).settleMs).toBe(23_000)
})
