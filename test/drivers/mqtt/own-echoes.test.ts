import { expect, it } from 'vitest'

import { OwnEchoes } from '../../../drivers/mqtt/own-echoes.ts'

it('an echo is what we said ourselves, once each time', () => {
  const echoes = new OwnEchoes()
  echoes.expect('a', '1')
  echoes.expect('a', '1')
  echoes.expect('b', '2')
  expect(echoes.take('a', '2')).toBe(false)
  expect([echoes.take('a', '1'), echoes.take('a', '1'), echoes.take('a', '1')]).toEqual([true, true, false])
  echoes.clear()
  expect(echoes.take('b', '2')).toBe(false)
})
