import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { playPlannerLines } from '../../src/study/planner-lines.ts'

const EXAMPLE = readFileSync(new URL('../../docs/examples/balance.jsonl', import.meta.url), 'utf8')

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n')
}

it('the conversation of docs/planner.md goes as it says', async () => {
  const said: unknown[] = []
  await playPlannerLines(linesOf(EXAMPLE), {
    say: (line) => said.push(JSON.parse(line)),
    recall: () => null,
    keep: () => {},
    clock: () => 0,
  })
  expect(said).toEqual([
    { type: 'ready', name: 'ampbridge' },
    { type: 'alloc', seq: 0, amps: [0], cpuMs: 0 },
    { type: 'alloc', seq: 1, amps: [16], cpuMs: 0 },
    { type: 'alloc', seq: 2, amps: [7], cpuMs: 0 },
  ])
})
