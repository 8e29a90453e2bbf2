import { describe, expect, it } from 'vitest'

import type { Urgency } from '../../src/model/driver.ts'
import { RequestQueue } from '../../src/wire/request-queue.ts'

interface Item {
  readonly urgency: Urgency
  readonly name: string
}

const any = (): boolean => true

function filled(...names: readonly string[]): RequestQueue<Item> {
  const queue = new RequestQueue<Item>(100)
  const urgencies: Readonly<Record<string, Urgency>> = { u: 'urgent', n: 'normal', s: 'slow' }
  for (const name of names) queue.push({ name, urgency: urgencies[name[0] ?? ''] ?? 'normal' })
  return queue
}

function drain(queue: RequestQueue<Item>): string[] {
  const names: string[] = []
  for (let item = queue.take(any); item !== null; item = queue.take(any)) names.push(item.name)
  return names
}

describe('the queue of a bus', () => {
  it('lets urgent overtake normal and normal overtake slow, in order within each', () => {
    expect(drain(filled('s1', 'n1', 'u1', 'n2', 'u2', 's2'))).toEqual(['u1', 'u2', 'n1', 'n2', 's1', 's2'])
  })

  it('skips what may not go yet and keeps its place', () => {
    const queue = filled('n1', 'n2', 's1')
    expect(queue.take((item) => item.name !== 'n1')?.name).toBe('n2')
    expect(queue.take((item) => item.name === 'x')).toBeNull()
    expect(drain(queue)).toEqual(['n1', 's1'])
  })

  it('starves nobody: after 16 overtakings the overtaken one goes', () => {
    const queue = filled('s1', 'n1', ...Array.from({ length: 40 }, (_, index) => `u${index}`))
    const order = drain(queue)
    expect(order.indexOf('n1')).toBe(16)
    expect(order.indexOf('s1')).toBe(17)
  })

  it('has a limit, which a retry may pass', () => {
    const queue = new RequestQueue<Item>(1)
    expect(queue.push({ name: 'a', urgency: 'normal' })).toBe(true)
    expect(queue.push({ name: 'b', urgency: 'normal' })).toBe(false)
    queue.pushFront({ name: 'c', urgency: 'normal' })
    expect(queue.size).toBe(2)
    expect(drain(queue)).toEqual(['c', 'a'])
    expect(queue.size).toBe(0)
  })
})
