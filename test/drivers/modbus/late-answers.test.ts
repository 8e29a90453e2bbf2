import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { LateAnswers } from '../../../drivers/modbus/late-answers.ts'
import { rtuFraming } from '../../../drivers/modbus/rtu-framing.ts'
import { asking, bench, holding, lastQuestion, registers } from './memory-wire.ts'

const READ_0 = { functionCode: 3, address: 0, count: 1 } as const
const READ_100 = { functionCode: 3, address: 100, count: 1 } as const
const ANSWER = Buffer.from(holding(0, 1))

describe('the memory of late answers', () => {
  it('explains an answer once, and forgets with time', () => {
    const late = new LateAnswers()
    late.missed(1, READ_0, 3000, 0)
    expect(late.claim(2, ANSWER, 0)).toBe(false)
    expect(late.claim(1, Buffer.from(holding(0, 2)), 0)).toBe(false)
    expect(late.claim(1, ANSWER, 0)).toBe(true)
    expect(late.claim(1, ANSWER, 0)).toBe(false)
    late.missed(1, READ_0, 3000, 0)
    expect(late.claim(1, ANSWER, 3000)).toBe(false)
  })

  it('counts how often a request was missed', () => {
    const late = new LateAnswers()
    late.missed(1, READ_0, 3000, 0)
    late.missed(1, { ...READ_0 }, 4000, 0)
    expect(late.othersUntil(1, READ_100)).toBe(4000)
    expect([1, 2, 3].map(() => late.claim(1, ANSWER, 0))).toEqual([true, true, false])
  })

  it('knows a repeated request from another one, and other forms from both', () => {
    const late = new LateAnswers()
    late.missed(1, READ_0, 3000, 0)
    expect(late.doubtful(1, { ...READ_0 }, ANSWER, 0)).toBe(false)
    expect(late.doubtful(1, READ_100, ANSWER, 0)).toBe(true)
    expect(late.doubtful(1, READ_100, ANSWER, 3000)).toBe(false)
    expect(late.othersUntil(1, { ...READ_0 })).toBe(Number.NEGATIVE_INFINITY)
    expect(late.ownUntil(1, { ...READ_0 })).toBe(3000)
    expect(late.othersUntil(1, { ...READ_100, count: 2 })).toBe(Number.NEGATIVE_INFINITY)
    // Refusals look the same whatever the size.
    expect(late.doubtful(1, { ...READ_100, count: 2 }, Buffer.from([0x83, 2]), 0)).toBe(true)
  })

  it('does not know which of two it was, so both may still come', () => {
    const late = new LateAnswers()
    late.missed(1, READ_0, 3000, 0)
    late.missed(1, READ_100, 4000, 0)
    expect(late.claim(1, ANSWER, 0)).toBe(true)
    expect(late.ownUntil(1, READ_0)).toBe(3000)
    expect(late.ownUntil(1, READ_100)).toBe(4000)
  })

  it('waits for the newest of equal requests when one of them was answered', () => {
    const late = new LateAnswers()
    late.missed(1, READ_0, 3000, 0)
    late.answered(1, READ_100, 9000, 0)
    late.answered(1, READ_0, 5000, 0)
    expect(late.ownUntil(1, READ_0)).toBe(5000)
  })
})

describe('a slave on a line', () => {
  const TIMEOUT_MS = 100
  /** What becomes of a request: answered in time, late by anything up to the window, or (null) never, as it likes. */
  const fate = fc.oneof(
    fc.integer({ min: 1, max: 80 }),
    fc.integer({ min: 81, max: 2990 }),
    fc.constant(150),
    fc.constant(null),
  )
  const call = fc.record({
    write: fc.boolean(),
    address: fc.integer({ min: 0, max: 3 }),
    count: fc.integer({ min: 1, max: 2 }),
    retries: fc.integer({ min: 0, max: 2 }),
    /** Before the next call; null: it comes at once, while this one waits. */
    gapMs: fc.option(fc.integer({ min: 0, max: 400 })),
  })

  it('whatever it answers late, in any order, or never: no register is shown as another, no write confirmed that was not made', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { minLength: 1, maxLength: 12 }),
        fc.array(call, { minLength: 3, maxLength: 16 }),
        async (fates, calls) => {
          const { link, wire, clock, frame } = bench('rtu')
          const due: { readonly at: number; readonly bytes: Buffer }[] = []
          const made = new Set<string>()
          let seen = 0
          const answerTo = (bytes: Buffer): readonly number[] => {
            const { functionCode, address, count } = lastQuestion(rtuFraming, bytes)
            if (functionCode === 16) {
              made.add(`${address} ${bytes.subarray(7, -2).toString('hex')}`)
              return [16, 0, address, 0, count]
            }
            // The value changes with each request, as measured values do: its thousands name the register.
            const words = Array.from({ length: count }, (_, index) => (address + index) * 1000 + (seen % 7))
            return [3, 2 * count, ...words.flatMap((word) => [word >> 8, word & 0xff])]
          }
          const stepTo = async (until: number, done: () => boolean): Promise<void> => {
            while (clock.monotonic() < until && !done()) {
              for (const bytes of wire.sent.slice(seen)) {
                const delay = fates[seen % fates.length] ?? null
                if (delay !== null) due.push({ at: clock.monotonic() + delay, bytes: frame(1, answerTo(bytes)) })
                seen += 1
              }
              for (const answer of due.filter(({ at }) => at <= clock.monotonic())) {
                due.splice(due.indexOf(answer), 1)
                wire.receive(answer.bytes)
              }
              const next = Math.min(...due.map(({ at }) => at), clock.monotonic() + 5, until)
              await clock.advance(Math.max(1, next - clock.monotonic()))
            }
          }
          let open = 0
          const wrong: unknown[] = []
          for (const [number, { write, address, count, retries, gapMs }] of calls.entries()) {
            open += 1
            const options = asking({ timeoutMs: TIMEOUT_MS, retries })
            const words = [number % 2, number % 3]
            const right = write
              ? link
                  .write({ kind: 'registers', unit: 1, table: 'holding', address, words, functionCode: 16 }, options)
                  .then(() => made.has(`${address} ${Buffer.from(words.flatMap((word) => [0, word])).toString('hex')}`))
              : link
                  .read(registers(1, address, count), options)
                  .then((values) => values.every((value, index) => Math.floor(value / 1000) === address + index))
            right
              .then(
                (good) => {
                  if (!good) wrong.push([number, write, address, count])
                },
                () => undefined,
              )
              .finally(() => {
                open -= 1
              })
            if (gapMs === null) continue
            await stepTo(clock.monotonic() + 60_000, () => open === 0)
            await stepTo(clock.monotonic() + gapMs, () => false)
          }
          await stepTo(clock.monotonic() + 60_000, () => open === 0)
          expect(open).toBe(0)
          expect(wrong).toEqual([])
          await link.close()
        },
      ),
      { numRuns: 120, seed: 4711 },
    )
  })
})
