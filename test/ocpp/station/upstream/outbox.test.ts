import { describe, expect, test } from 'vitest'
import { RpcCallError } from '../../../../src/ocpp/rpc/connection.ts'
import { Rig } from '../rig.ts'

const settings = { transactionMessageAttempts: '3', transactionMessageRetryInterval: '60', localPreAuthorize: 'true' }
const busy = new RpcCallError('InternalError', 'try later')

describe('the outbox', () => {
  test('keeps order: nothing of a transaction passes its start, and the id of the CSMS is patched in', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '10' } })
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.polls(21)
    await rig.unplug()
    rig.csms.goUp()
    await rig.clock.settle()
    const sent = rig.csms.calls.filter(({ payload }) => payload['transactionId'] !== undefined)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    expect(sent.map(({ action, payload }) => [action, payload['transactionId']])).toEqual([
      ['MeterValues', 1001],
      ['MeterValues', 1001],
      ['StopTransaction', 1001],
    ])
  })

  test('F4, F5: the line is cut before the answer: the same message again, which is one transaction', async () => {
    const rig = await Rig.start({ settings })
    let cuts = 2
    rig.csms.react = (action) => (action === 'StartTransaction' && cuts-- > 0 ? 'cut' : undefined)
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(60_000)
    const starts = rig.csms.of('StartTransaction')
    expect(starts).toHaveLength(3)
    expect(new Set(starts.map(({ messageId }) => messageId)).size).toBe(1)
    expect(rig.csms.transactions.size).toBe(1)
  })

  test('F16: a failure to process is repeated with growing rests, then given up with its whole transaction', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '100' } })
    rig.csms.react = (action) => (action === 'StartTransaction' ? busy : undefined)
    await rig.poll({ pilot: 'C' })
    await rig.polls(150)
    await rig.unplug()
    await rig.clock.advance(300_000)
    const times = rig.csms.of('StartTransaction').map(({ at }) => at)
    expect(times.slice(1).map((at, index) => at - (times[index] ?? 0))).toEqual([60_000, 120_000])
    expect(rig.csms.of('StopTransaction')).toEqual([])
    expect(rig.ledger.dead.map(({ draft }) => draft.message.kind)).toEqual([
      'transaction-started',
      'meter-values',
      'transaction-ended',
    ])
    expect(rig.happened('dead-letter')).toHaveLength(1)
  })

  test('no message id twice on one connection (OCPP-J 1.6 §4.1.4), and the same again on the next one', async () => {
    const rig = await Rig.start({ settings })
    const reactions = [busy, {}, 'cut' as const]
    rig.csms.react = (action) => (action === 'StartTransaction' ? reactions.shift() : undefined)
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(300_000)
    const ids = rig.csms.of('StartTransaction').map(({ messageId }) => messageId)
    expect(ids).toHaveLength(4)
    expect(new Set(ids.slice(0, 3)).size).toBe(3)
    expect(ids[3]).toBe(ids[2])
    expect(rig.csms.transactions.size).toBe(1)
  })

  test('a start given up: what follows it is given up as well, the next transaction goes through', async () => {
    const rig = await Rig.start({ settings })
    rig.csms.react = (action) => (action === 'StartTransaction' ? busy : undefined)
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(200_000)
    rig.csms.react = () => undefined
    await rig.unplug()
    await rig.poll({ pilot: 'C' })
    expect(rig.ledger.dead.map(({ draft }) => draft.message.kind)).toContain('transaction-ended')
    expect(rig.csms.transactions.size).toBe(1)
    expect(rig.ledger.outbox).toEqual([])
  })

  test('F17: a message that is never answered does not block the line beyond its attempts', async () => {
    const rig = await Rig.start({
      settings: { ...settings, transactionMessageRetryInterval: '10', meterValueSampleInterval: '0' },
    })
    rig.csms.react = (action) => (action === 'StartTransaction' ? 'silence' : undefined)
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(400_000)
    // The first silence may be the line's and is not counted (§3.7.1); those on fresh connections are.
    expect(rig.csms.of('StartTransaction')).toHaveLength(4)
    expect(rig.ledger.dead).toHaveLength(1)
    rig.csms.react = () => undefined
    await rig.unplug()
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(10_000)
    expect(rig.csms.transactions.size).toBe(1)
  })

  test('delivered while the disk is full: noted later, not sent again', async () => {
    const rig = await Rig.start({ settings })
    rig.csms.react = (action) => {
      rig.ledger.full ||= action === 'StartTransaction'
      return undefined
    }
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(30_000)
    rig.ledger.full = false
    await rig.clock.advance(10_000)
    await rig.unplug()
    expect(rig.csms.actions().filter((action) => action.endsWith('Transaction'))).toEqual([
      'StartTransaction',
      'StopTransaction',
    ])
  })

  test('an outage is not a failure to process, however long', async () => {
    const rig = await Rig.start({ settings })
    await rig.poll({ pilot: 'C' })
    for (let outage = 0; outage < 10; outage++) {
      rig.csms.goDown()
      await rig.clock.advance(3_600_000)
      rig.csms.goUp()
      await rig.clock.advance(10_000)
    }
    await rig.unplug()
    expect(rig.ledger.dead).toEqual([])
    expect(rig.csms.of('StopTransaction')).toHaveLength(1)
  })

  test('an answer without a transaction id is a failure to process; a bad answer to a stop is not repeated', async () => {
    const rig = await Rig.start({ settings })
    let bad = true
    rig.csms.react = (action) => {
      if (action === 'StartTransaction' && bad) return { idTagInfo: { status: 'Accepted' } }
      return action === 'StopTransaction' ? { idTagInfo: 'fine' } : undefined
    }
    await rig.poll({ pilot: 'C' })
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    await rig.clock.advance(200_000)
    expect(rig.csms.of('StartTransaction')).toHaveLength(3)
    expect(rig.ledger.dead[0]?.reason).toMatch(/transaction id/)
    bad = false
    await rig.unplug()
    await rig.poll({ pilot: 'C' })
    await rig.unplug()
    await rig.clock.advance(200_000)
    expect(rig.csms.of('StopTransaction')).toHaveLength(1)
    expect(rig.ledger.outbox).toEqual([])
  })

  test('read ahead and noted in bulk: far fewer ways to the disk than messages', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '10' } })
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.polls(1000)
    await rig.unplug()
    rig.csms.goUp()
    const before = rig.ledger.advances
    for (let turn = 0; turn < 200 && rig.ledger.outbox.length > 0; turn++) await rig.clock.settle()
    expect(rig.csms.of('MeterValues')).toHaveLength(100)
    expect(rig.csms.of('StopTransaction')).toHaveLength(1)
    expect(rig.ledger.advances - before).toBeLessThan(10)
  })

  test('killed in the midst of a backlog: at most what was read ahead is repeated, as it was, and nothing is lost', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '10' } })
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.polls(1000)
    await rig.unplug()
    let taken = 0
    rig.csms.react = () => (++taken > 60 ? 'silence' : undefined)
    rig.csms.goUp()
    await rig.clock.settle()
    expect(taken).toBeGreaterThan(60)
    rig.csms.react = () => undefined
    rig.csms.goDown()
    rig.csms.goUp()
    await rig.restart()
    for (let turn = 0; turn < 200 && rig.ledger.outbox.length > 0; turn++) await rig.clock.settle()
    // The recording CSMS refuses a repetition with other contents, and keeps each id once.
    const [transaction] = rig.csms.transactions.values()
    expect(rig.csms.transactions.size).toBe(1)
    expect(transaction?.stops).toHaveLength(1)
    expect(transaction?.values).toHaveLength(100)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    expect(rig.csms.of('MeterValues').length).toBeLessThanOrEqual(100 + 1 + 32)
  })

  test('a line that goes away while a backlog is delivered: what was taken is noted, though much was read ahead', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '10' } })
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.polls(200)
    await rig.unplug()
    let taken = 0
    rig.csms.react = (action) => (action === 'MeterValues' && ++taken === 5 ? 'cut' : undefined)
    rig.csms.goUp()
    await rig.clock.settle()
    // 21 were stored; the start and four samples are noted, the fifth was cut off
    expect(rig.ledger.outbox).toHaveLength(17)
    await rig.restart()
    for (let turn = 0; turn < 200 && rig.ledger.outbox.length > 0; turn++) await rig.clock.settle()
    expect(rig.csms.of('MeterValues')).toHaveLength(21)
  })

  test('F25: a thousand transactions after a week, in order', async () => {
    const rig = await Rig.start({ settings: { ...settings, meterValueSampleInterval: '0' } })
    rig.csms.goDown()
    for (let car = 0; car < 1000; car++) {
      await rig.poll({ pilot: 'C' })
      await rig.unplug()
    }
    await rig.clock.advance(1000)
    rig.csms.goUp()
    for (let turn = 0; turn < 2000 && rig.ledger.outbox.length > 0; turn++) await rig.clock.settle()
    expect(rig.csms.transactions.size).toBe(1000)
    const order = rig.csms.calls.flatMap(({ action }) => (action.endsWith('Transaction') ? [action] : []))
    expect(order).toEqual(
      Array.from({ length: 2000 }, (_, index) => (index % 2 === 0 ? 'StartTransaction' : 'StopTransaction')),
    )
  })
})
