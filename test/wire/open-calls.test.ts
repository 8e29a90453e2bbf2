import { describe, expect, it } from 'vitest'

import { OpenCalls } from '../../src/wire/open-calls.ts'

const STAY = new AbortController().signal

/** Work that ends with its signal only. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

describe('the calls of a link', () => {
  it('bring what their work brings', async () => {
    const calls = new OpenCalls('test')
    expect(await calls.run(STAY, () => Promise.resolve(7))).toBe(7)
    await expect(calls.run(STAY, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  })

  it('end with their caller, and only with theirs', async () => {
    const calls = new OpenCalls('test')
    const [one, other] = [new AbortController(), new AbortController()]
    const first = calls.run(one.signal, untilAborted)
    const second = calls.run(other.signal, untilAborted)
    one.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    other.abort(new Error('also enough'))
    await expect(second).rejects.toThrow('also enough')
    await expect(calls.run(one.signal, () => Promise.resolve(7))).rejects.toThrow('enough')
  })

  it('all end when the link is closed, and none begins after it', async () => {
    const calls = new OpenCalls('test')
    const open = [calls.run(STAY, untilAborted), calls.run(STAY, untilAborted)]
    calls.close()
    for (const call of open) await expect(call).rejects.toMatchObject({ code: 'LINK_CLOSED' })
    let begun = false
    const late = calls.run(STAY, async () => {
      begun = true
    })
    await expect(late).rejects.toMatchObject({ code: 'LINK_CLOSED', message: 'test: the link is closed' })
    expect(begun).toBe(false)
  })
})
