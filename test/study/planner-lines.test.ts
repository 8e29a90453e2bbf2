import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { playPlannerLines } from '../../src/study/planner-lines.ts'

/** The conversation of docs/planner.md. */
const EXAMPLE = readFileSync(new URL('../../docs/examples/balance.jsonl', import.meta.url), 'utf8').split('\n')
const [INIT = '', ...TICKS] = EXAMPLE

async function* each(lines: readonly string[]): AsyncIterable<string> {
  yield* lines
}

async function answersTo(lines: readonly string[], memory: unknown = null) {
  const said: Record<string, unknown>[] = []
  const kept: string[] = []
  await playPlannerLines(each(lines), {
    say: (line) => said.push(JSON.parse(line)),
    recall: () => memory,
    keep: (text) => kept.push(text),
    clock: () => 0,
  })
  return { said, kept }
}

describe('the planner’s lines', () => {
  it('answer the example of docs/planner.md as it says', async () => {
    const { said } = await answersTo(EXAMPLE)
    expect(said).toEqual([
      { type: 'ready', name: 'ampbridge' },
      { type: 'alloc', seq: 0, amps: [0], cpuMs: 0 },
      { type: 'alloc', seq: 1, amps: [16], cpuMs: 0 },
      { type: 'alloc', seq: 2, amps: [7], cpuMs: 0 },
    ])
  })

  it.each([
    ['hello', 'the line is no JSON: hello'],
    ['[1]', '"type" must be "init", "tick" or "end"'],
    ['{"type":"tick"}', 'the tick lacks "seq", "t", "meters", "limits" or "chargers"'],
    [INIT.replace('"voltage":230', '"voltage":"230"'), /^init: site\.voltage: /],
    [INIT.replace('"id":"house"', '"id":""'), /^init: site\.circuits\.0\.id: /],
  ])('tell what is wrong with %.40s, and go on', async (line, text) => {
    const { said } = await answersTo([line, INIT])
    expect(said[0]).toMatchObject({ type: 'error', text: expect.stringMatching(text) })
    expect(said[1]).toEqual({ type: 'ready', name: 'ampbridge' })
  })

  it('refuse a tick before the site, and one that leaves chargers out', async () => {
    const [tick = ''] = TICKS
    const { chargers: _, ...rest } = JSON.parse(tick)
    const { said } = await answersTo([tick, INIT, JSON.stringify({ ...rest, chargers: [] })])
    expect(said[0]).toEqual({ type: 'error', seq: 0, text: 'a tick came before "init"' })
    expect(said[2]).toMatchObject({ type: 'error', seq: 0, text: expect.stringContaining('every charger') })
  })

  it('end with "end"', async () => {
    const { said } = await answersTo(['{"type":"end"}', INIT])
    expect(said).toEqual([])
  })

  it('keep the turns of the cars for a restart, and recall them only then', async () => {
    const { kept } = await answersTo(EXAMPLE)
    const memory = JSON.parse(kept.at(-1) ?? '{}')
    expect(memory.sessions).toMatchObject([{ id: 's1', pauses: 0 }])
    const paused = { sessions: [{ ...memory.sessions[0], pauses: 2 }] }
    const [tick = ''] = TICKS
    const again = await answersTo([INIT.replace('"restart":false', '"restart":true'), tick], paused)
    expect(JSON.parse(again.kept.at(-1) ?? '{}').sessions).toMatchObject([{ id: 's1', pauses: 2 }])
    const anew = await answersTo([INIT, tick], paused)
    expect(JSON.parse(anew.kept.at(-1) ?? '{}').sessions).toMatchObject([{ id: 's1', pauses: 0 }])
  })
})
