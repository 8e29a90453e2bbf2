import { describe, expect, it } from 'vitest'
import { textLines } from '../../src/study/text-lines.ts'

async function* pieces(...given: readonly string[]): AsyncGenerator<string> {
  for (const piece of given) yield await Promise.resolve(piece)
}

async function linesOf(most: number, ...given: readonly string[]): Promise<readonly string[]> {
  return Array.fromAsync(textLines(pieces(...given), most))
}

describe('lines of a text that comes in pieces', () => {
  it.each<[what: string, given: readonly string[], lines: readonly string[]]>([
    ['nothing', [], []],
    ['an end within a piece', ['a\nb', 'c\n'], ['a', 'bc']],
    ['no end at the end', ['a\n', 'b'], ['a', 'b']],
    ['several in one piece, and empty ones', ['a\n\nb\nc'], ['a', '', 'b', 'c']],
    ['the ends of another system, also in two pieces', ['a\r\nb\r', '\nc'], ['a', 'b', 'c']],
    ['as long as may be', ['12345', '678\n'], ['12345678']],
    ['too long in one piece: enough of it to be known as such', ['1234567890\nb\n'], ['123456789', 'b']],
    ['too long in many', ['12345', '67890', '1234', '5\nb\n'], ['123456789', 'b']],
    ['too long and without an end', ['12345', '67890'], ['123456789']],
  ])('%s', async (_, given, lines) => {
    expect(await linesOf(8, ...given)).toEqual(lines)
  })

  it('keeps no more of a line without an end than is needed to refuse it', async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<string> {
      for (; asked < 100_000; asked++) yield await Promise.resolve('x'.repeat(1000))
      yield '\nnext\n'
    }
    const lines = await Array.fromAsync(textLines(endless(), 5000))
    expect(lines.map((line) => line.length)).toEqual([5001, 4])
  })
})
