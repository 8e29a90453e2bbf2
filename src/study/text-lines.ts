/** The lines of a text that comes in pieces. Of one that is too long only so much is kept as tells that it is. */

/** @param most characters of a line; of a longer one the first `most + 1` are told */
export async function* textLines(pieces: AsyncIterable<string>, most: number): AsyncGenerator<string> {
  let begun = ''
  for await (const piece of pieces) {
    let from = 0
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      yield withoutReturn(added(begun, piece.slice(from, end), most))
      begun = ''
      from = end + 1
    }
    begun = added(begun, piece.slice(from), most)
  }
  if (begun !== '') yield withoutReturn(begun)
}

function added(begun: string, more: string, most: number): string {
  return begun.length > most ? begun : (begun + more).slice(0, most + 1)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
