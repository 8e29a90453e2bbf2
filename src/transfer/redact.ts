/**
 * Takes secrets out of texts that leave the house: those we know, in the spellings they travel in, and what looks like one.
 * When in doubt it takes out too much.
 */

interface Range {
  readonly from: number
  readonly to: number
}

const MARK = '[redacted]'

/** The text without `secrets` and without what looks like one. No secret that was given is in the result. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return redactor(secrets).whole(text)
}

export interface Redactor {
  readonly whole: (text: string) => string
  /** For long texts that come in pieces: what may be passed on by now. Secrets may span pieces. */
  readonly next: (piece: string) => string
  /** What is left. */
  readonly end: () => string
}

/** Lines kept on both sides of a cut, so that what belongs together is seen together. */
const CONTEXT_LINES = 12
const PIECE = 32 * 1024
/** A text without a usable cut is not held back beyond this; a private key is a hundredth of it. */
const HELD_MAX = 512 * 1024

export function redactor(secrets: readonly string[]): Redactor {
  const known = spellings(secrets)
  const mark = markBeside(known)
  const longest = Math.max(0, ...known.map((each) => each.length))
  let held = ''
  /** So much at the start of `held` is out already and is there for context only. */
  let done = 0

  const rangesOf = (text: string): readonly Range[] => merged([...occurrences(text, known), ...suspicious(text)])
  const render = (text: string, ranges: readonly Range[], from: number, to: number): string => {
    let shown = ''
    let at = from
    for (const range of ranges) {
      if (range.to <= from || range.from >= to) continue
      if (range.from > at) shown += text.slice(at, range.from)
      // A range that began before is marked already.
      if (range.from >= from) shown += mark
      at = Math.max(at, range.to)
    }
    return at < to ? shown + text.slice(at, to) : shown
  }
  return {
    whole: (text) => render(text, rangesOf(text), 0, text.length),
    next: (piece) => {
      held += piece
      if (held.length - done < PIECE) return ''
      const ranges = rangesOf(held)
      let cut = linesBack(held, held.length, CONTEXT_LINES)
      if (cut <= done && held.length - done > HELD_MAX) cut = held.length - HELD_MAX / 2
      cut = Math.min(cut, held.length - longest)
      const across = ranges.find((range) => range.from < cut && range.to > cut)
      if (across !== undefined) cut = held.length - across.from > HELD_MAX ? across.to : across.from
      if (cut <= done) return ''
      const shown = render(held, ranges, done, cut)
      const keepFrom = Math.max(linesBack(held, cut, CONTEXT_LINES), cut - PIECE)
      held = held.slice(keepFrom)
      done = cut - keepFrom
      return shown
    },
    end: () => {
      const shown = render(held, rangesOf(held), done, held.length)
      held = ''
      done = 0
      return shown
    },
  }
}

/** Where the line begins that is `lines` before `at`. */
function linesBack(text: string, at: number, lines: number): number {
  let from = at
  for (let count = 0; count <= lines && from > 0; count += 1) from = text.lastIndexOf('\n', from - 1)
  return from <= 0 ? 0 : from + 1
}

/** A secret as it is, in a URL, in JSON, in base64 and in hex. */
function spellings(secrets: readonly string[]): readonly string[] {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret === '') continue
    const bytes = Buffer.from(secret)
    all.add(secret)
    all.add(JSON.stringify(secret).slice(1, -1))
    const escaped = encodeURIComponent(secret.toWellFormed())
    all.add(escaped)
    all.add(escaped.replaceAll(/%../g, (code) => code.toLowerCase()))
    // Short ones would hit everything.
    if (bytes.length < 4) continue
    all.add(bytes.toString('base64').replace(/=+$/, ''))
    all.add(bytes.toString('base64url'))
    all.add(bytes.toString('hex'))
    all.add(bytes.toString('hex').toUpperCase())
  }
  return [...all]
}

/** A mark that no secret can overlap: then none can come about where the mark meets the text around it. */
function markBeside(known: readonly string[]): string {
  const isFree = (mark: string): boolean =>
    !known.some((each) => each.includes(mark.slice(0, 1)) || each.includes(mark.slice(-1)) || mark.includes(each))
  const free = [MARK, '***', '•••'].find(isFree)
  if (free !== undefined) return free
  let code = 0x2588
  while (!isFree(String.fromCharCode(code))) code += 1
  return String.fromCharCode(code)
}

function occurrences(text: string, known: readonly string[]): readonly Range[] {
  const found: Range[] = []
  for (const each of known)
    for (let from = text.indexOf(each); from !== -1; from = text.indexOf(each, from + 1))
      found.push({ from, to: from + each.length })
  return found
}

/** A value after its name: quoted, quoted as JSON in JSON has it (`\"`, and `\\\"` inside), or up to a blank. */
const VALUE = String.raw`(?:"(?<quoted>(?:[^"\\\n]|\\[^\n])*)|\\+"(?<inner>(?:[^"\\\n]|\\\\+"?|\\[^"\\\n])*)|'(?<single>[^'\n]*)|(?<bare>[^\s"'\\]+))`
const NAME = String.raw`(?:passw(?:or)?d|passphrase|pwd|psk|secret|token|api[_-]?key|private[_-]?key|authorization[_-]?key|credentials?|signature)[\w.-]{0,40}`

/** Each with one group that is the secret. */
const PATTERNS: readonly RegExp[] = [
  // scheme://user:password@host; a password may hold an @ itself
  /\b[a-z][a-z0-9+.-]{0,20}:\\?\/\\?\/(?<bare>[^\s/?#"'<>\\]{1,400})@/dgi,
  // Authorization: Basic ...; also in JSON
  /\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?(?<bare>[^\r\n"'\\]+)/dgi,
  /\b(?:basic|bearer)\s+(?<bare>[\w+/=~.-]{8,})/dgi,
  /\b(?:set-)?cookie\\*["']?\s*[:=]\s*\\*["']?(?<bare>[^\r\n"'\\]+)/dgi,
  // password: ..., "password": "...", password=...
  new RegExp(String.raw`${NAME}\\*["']?[ \t]*[:=][ \t]*${VALUE}`, 'dgi'),
  // a line of YAML: to its end, blanks and all
  new RegExp(String.raw`^[ \t-]*["']?[\w.-]{0,40}${NAME}["']?[ \t]*:[ \t]+(?<bare>[^\r\n]+)`, 'dgim'),
  // password: | and the lines below it that stand further in
  new RegExp(
    String.raw`^(?<indent>[ \t]*)(?:- )?["']?[\w.-]{0,40}${NAME}["']?[ \t]*:[ \t]*[|>][-+\d]*[ \t]*\r?\n(?<bare>(?:\k<indent>[ \t]+[^\n]*(?:\n|$)|[ \t]*\r?\n)+)`,
    'dgim',
  ),
  // FTP commands, signed URLs
  /^[ \t]*PASS[ \t]+(?<bare>\S[^\r\n]*)/dgim,
  /[?&](?:x-amz-(?:signature|credential|security-token)|sig|sv|key|code|auth)=(?<bare>[^\s&"'<>\\]+)/dgi,
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?<bare>[\s\S]*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$(?![\s\S]))/dg,
]

/** In an OCPP frame the key and its value are two members: `{"key":"AuthorizationKey","value":"..."}`, in any order. */
const KEY_MEMBER = /authorizationkey\\*"/gi
const VALUE_MEMBER = new RegExp(String.raw`"value\\*"\s*:\s*${VALUE}`, 'dgi')
const FRAME_SPAN = 600

function suspicious(text: string): readonly Range[] {
  const found: Range[] = []
  for (const pattern of PATTERNS) collect(text, pattern, 0, found)
  for (const { index } of text.matchAll(KEY_MEMBER)) {
    const from = Math.max(0, index - FRAME_SPAN)
    collect(text.slice(from, index + FRAME_SPAN), VALUE_MEMBER, from, found)
  }
  return found
}

function collect(text: string, pattern: RegExp, offset: number, found: Range[]): void {
  for (const { indices } of text.matchAll(pattern)) {
    const groups = indices?.groups
    const at = groups?.['bare'] ?? groups?.['quoted'] ?? groups?.['inner'] ?? groups?.['single']
    if (at !== undefined && at[1] > at[0]) found.push({ from: offset + at[0], to: offset + at[1] })
  }
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last !== undefined && range.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    else result.push(range)
  }
  return result
}
