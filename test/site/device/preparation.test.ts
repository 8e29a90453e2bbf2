import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import { Preparation } from '../../../src/site/device/preparation.ts'

const SILENCE = new BridgeError('DEVICE_TIMEOUT', 'no answer')
const REFUSAL = new BridgeError('DEVICE_EXCEPTION', 'illegal value')

function prepared(): Preparation {
  const preparation = new Preparation()
  preparation.begin(0)
  return preparation
}

test('a device that did not answer an order may have restarted: wanted with the next poll that it answers, once', () => {
  const preparation = prepared()
  preparation.failed(SILENCE)
  expect(preparation.take()).toBe(false)
  expect(preparation.answered(false, 1000)).toBe(true)
  expect([preparation.take(), preparation.take()]).toEqual([true, false])
  expect(preparation.answered(false, 2000)).toBe(false)
})

test('a device that refused an order is there and has forgotten nothing', () => {
  const preparation = prepared()
  preparation.failed(REFUSAL)
  expect(preparation.answered(false, 1000)).toBe(false)
})

test('wanted after polls that failed, and every ten minutes though nothing was noticed', () => {
  const preparation = prepared()
  expect(preparation.answered(true, 1000)).toBe(true)
  expect(preparation.answered(false, 600_999)).toBe(false)
  expect(preparation.answered(false, 601_000)).toBe(true)
  expect(preparation.answered(false, 602_000)).toBe(false)
})

test('a new connection prepares from scratch: what was wanted before is done with it', () => {
  const preparation = prepared()
  preparation.answered(true, 1000)
  preparation.begin(2000)
  expect(preparation.take()).toBe(false)
  expect(preparation.answered(false, 601_999)).toBe(false)
})
