import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { LateAnswers, strangers } from '../../../drivers/modbus/late-answers.ts'
import { rtuFraming } from '../../../drivers/modbus/rtu-framing.ts'
import { asking, bench, holding, lastQuestion, registers } from './memory-wire.ts'

const READ_0 = { functionCode: 3, address: 0, count: 1 } as const
const READ_100 = { functionCode: 3, address: 100, count: 1 } as const
const ANSWER = Buffer.from(holding(0, 1))

describe('the memory of late answers', () => {
  it('explains an answer once, and forgets with time', () => {
    const late = new LateAnswers()
    late.remember(1, READ_0, 3000)
    expect(late.claim(2, ANSWER, 0)).toBe(false)
    expect(late.claim(1, Buffer.from(holding(0, 2)), 0)).toBe(false)
    expect(late.claim(1, ANSWER, 0)).toBe(true)
    expect(late.claim(1, ANSWER, 0)).toBe(false)
    late.remember(1, READ_0, 3000)
    expect(late.claim(1, ANSWER, 3000)).toBe(false)
  })

  it('knows a repeated request from another one', () => {
    const late = new LateAnswers()
    late.remember(1, READ_0, 3000)
    const rivals = late.rivals(1, ANSWER, 0)
    expect(rivals).toHaveLength(1)
    expect(strangers(rivals, { ...READ_0 })).toHaveLength(0)
    expect(strangers(rivals, READ_100)).toHaveLength(1)
    expect(late.rivals(1, Buffer.from([0x83, 2]), 0)).toHaveLength(1)
  })

  it('does not know which of two it was, so the other may be either', () => {
    const late = new LateAnswers()
    late.remember(1, READ_0, 3000)
    late.remember(1, READ_100, 4000)
    expect(late.claim(1, ANSWER, 0)).toBe(true)
    const rivals = late.rivals(1, ANSWER, 0)
    expect(rivals).toHaveLength(1)
    expect(strangers(rivals, READ_0)).toHaveLength(1)
    expect(strangers(rivals, READ_100)).toHaveLength(1)
  })
})

describe('a slave on a line', () => {
  /** What becomes of requests: most answers come in time (100 ms), now and then one comes late, or (null) never. */
  const good = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 12, maxLength: 20 })
  const bad = fc.option(fc.integer({ min: 81, max: 2900 }), { nil: null })
  const fates = fc
    .array(fc.tuple(good, bad), { minLength: 1, maxLength: 3 })
    .map((runs) => runs.flatMap(([goods, one]) => [one, ...goods]))

  it('that is now and then late or silent, in any order, never has one register shown as another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 1 })),
          {
            minLength: 3,
            maxLength: 25,
          },
        ),
        async (fateOf, calls) => {
          const { link, wire, clock, frame } = bench('rtu')
          const due: { at: number; bytes: Buffer }[] = []
          let seen = 0
          const stepTo = async (until: number, done: () => boolean): Promise<void> => {
            while (clock.monotonic() < until && !done()) {
              for (const bytes of wire.sent.slice(seen)) {
                const { address } = lastQuestion(rtuFraming, bytes)
                const delay = fateOf[seen % fateOf.length] ?? null
                // The value changes with each request, as measured values do: its thousands name the register.
                const word = address * 1000 + (seen % 7)
                if (delay !== null)
                  due.push({ at: clock.monotonic() + delay, bytes: frame(1, [3, 2, word >> 8, word & 0xff]) })
                seen += 1
              }
              for (const answer of due.filter((each) => each.at <= clock.monotonic())) {
                due.splice(due.indexOf(answer), 1)
                wire.receive(answer.bytes)
              }
              await clock.advance(5)
            }
          }
          for (const [address, gapMs, retries] of calls) {
            let outcome: unknown = null
            link.read(registers(1, address, 1), asking({ timeoutMs: 100, retries })).then(
              (words) => {
                outcome = words
              },
              (error: unknown) => {
                outcome = error
              },
            )
            await stepTo(clock.monotonic() + 20_000, () => outcome !== null)
            // Every call settles, and what is given as a value is the register's.
            expect(outcome).not.toBeNull()
            if (Array.isArray(outcome)) expect(Math.floor(Number(outcome[0]) / 1000)).toBe(address)
            await stepTo(clock.monotonic() + gapMs, () => false)
          }
          await link.close()
        },
      ),
      { numRuns: 60, seed: 4711 },
    )
  })
})
