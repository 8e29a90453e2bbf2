import { describe, expect, it } from 'vitest'

import { topicProblem, Topics } from '../../../drivers/mqtt/topics.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const STAY = new AbortController().signal

describe('topics', () => {
  it('keep the newest text with the time it came', () => {
    const topics = new Topics(new ManualClock())
    topics.add('a')
    expect(topics.newest('a')).toBeNull()
    topics.arrived('a', '1', false, 100)
    topics.arrived('a', '1', false, 200)
    topics.arrived('b', '1', false, 300)
    expect(topics.newest('a')).toEqual({ body: '1', at: 200 })
    expect(topics.newest('b')).toBeNull()
  })

  it('do not become fresh when the broker repeats what it kept', () => {
    const topics = new Topics(new ManualClock())
    topics.add('a')
    topics.arrived('a', '1', true, 100)
    topics.arrived('a', '1', true, 9000)
    expect(topics.newest('a')).toEqual({ body: '1', at: 100 })
    topics.arrived('a', '2', true, 9000)
    expect(topics.newest('a')).toEqual({ body: '2', at: 9000 })
  })

  it('tell those who wait for the first message, or why it does not come', async () => {
    const topics = new Topics(new ManualClock())
    topics.add('a')
    const good = [topics.next('a', 1000, STAY), topics.next('a', 1000, STAY)]
    topics.arrived('a', '1', false, 100)
    for (const first of good) expect(await first).toEqual({ body: '1', at: 100 })
    topics.add('b')
    const bad = topics.next('b', 1000, STAY)
    topics.fail('b', new Error('gone'))
    await expect(bad).rejects.toThrow('gone')
  })

  it('have names that MQTT carries and that mean one topic', () => {
    expect(topicProblem('go-eCharger/012345/amp')).toBeNull()
    expect(topicProblem('/Gebäude/€')).toBeNull()
    for (const bad of ['', '#', 'a/+/b', 'a/#', 'a\u0000b', 'a\nb', '\ud800', 'a'.repeat(1025)]) {
      expect(topicProblem(bad)).not.toBeNull()
    }
  })
})
