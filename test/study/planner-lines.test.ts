import { describe, expect, it } from 'vitest'
import { MAX_LINE_CHARACTERS, playPlannerLines } from '../../src/study/planner-lines.ts'
import { car, init, tick } from './planner-site.ts'

type Answer = Readonly<Record<string, unknown>>

async function converse(lines: readonly (string | object)[], recalled: unknown = null) {
  const said: Answer[] = []
  const kept: string[] = []
  let recalls = 0
  async function* input(): AsyncGenerator<string> {
    for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line)
  }
  await playPlannerLines(input(), {
    say: (line) => void said.push(JSON.parse(line) as Answer),
    recall: () => {
      recalls++
      return recalled
    },
    keep: (memory) => void kept.push(memory),
    clock: () => 0,
  })
  return { said, kept, recalls }
}

const both = [car('a'), car('b')]

describe('the planner’s lines', () => {
  it('are answered one by one, until the end', async () => {
    const { said } = await converse([init(), '', tick(1, both, 10), { type: 'end' }, tick(2, both, 10)])
    expect(said).toEqual([
      { type: 'ready', name: 'ampbridge' },
      { type: 'alloc', seq: 1, amps: [0, 0], cpuMs: 0 },
    ])
  })

  it('end with the input as well', async () => {
    expect((await converse([])).said).toEqual([])
  })

  it.each([
    ['no JSON', '{"type":', 'the line is no JSON: {"type":'],
    ['no object', '[1]', '"type" must be "init", "tick" or "end"'],
    ['of an unknown type', '{"type":"tock"}', '"type" must be "init", "tick" or "end"'],
    ['too long', 'x'.repeat(MAX_LINE_CHARACTERS + 1), `the line is longer than ${MAX_LINE_CHARACTERS} characters`],
    ['a tick without its number', '{"type":"tick"}', 'tick: seq: is not a number'],
    ['a site of an unknown protocol', JSON.stringify({ ...init(), protocol: 2 }), /^init: protocol: /],
    [
      'a site that makes no sense',
      JSON.stringify(init({ meters: [{ id: 'm', circuit: 'x' }] })),
      /^init: site\.meters\.0\.circuit: /,
    ],
    ['a site without circuits', JSON.stringify(init({ circuits: [] })), /^init: site\.circuits: /],
  ])('that are %s are answered with what is wrong, and the next one is read', async (_, line, text) => {
    const { said } = await converse([line, init(), tick(1, both, 10)])
    expect(said[0]).toEqual({ type: 'error', text: typeof text === 'string' ? text : expect.stringMatching(text) })
    expect(said.slice(1).map(({ type }) => type)).toEqual(['ready', 'alloc'])
  })

  it('with a tick before the site, or of other chargers, are answered with its number', async () => {
    const { said } = await converse([tick(7, both, 10), init(), tick(8, [car('a')], 10), tick(9, both, 10)])
    expect(said.map(({ type, seq }) => [type, seq])).toEqual([
      ['error', 7],
      ['ready', undefined],
      ['error', 8],
      ['alloc', 9],
    ])
  })

  it('recall an earlier run only for a restart, whatever was kept', async () => {
    expect((await converse([init()])).recalls).toBe(0)
    const { said, recalls } = await converse([init({}, true), tick(1, both, 10)], { sessions: 'broken' })
    expect(recalls).toBe(1)
    expect(said.at(-1)).toMatchObject({ type: 'alloc', seq: 1 })
  })

  it('keep what is remembered when it has changed, and only then', async () => {
    const held = both.map((one) => (one.session === null ? one : { ...one, session: { ...one.session, csmsA: 0 } }))
    const left = [held[0]!, car('b', { session: null })]
    const { kept } = await converse([
      init(),
      tick(1, held, 10),
      tick(2, held, 10),
      tick(3, held, 10),
      tick(4, left, 10),
    ])
    expect(kept).toHaveLength(2)
    expect(JSON.parse(kept[0] ?? '')).toMatchObject({ sessions: [{ id: 'visit-a' }, { id: 'visit-b' }] })
    expect(JSON.parse(kept[1] ?? '')).toMatchObject({ sessions: [{ id: 'visit-a' }] })
  })
})
