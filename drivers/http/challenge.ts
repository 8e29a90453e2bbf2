/** What a device asks for with a 401: the `WWW-Authenticate` headers, read as RFC 9110 11.6.1 writes them. */

export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const CHALLENGES_MAX = 8
const PARAMETERS_MAX = 32

/** A token, then `=` and a token or quoted text when it is a parameter; what stands between is passed over. */
const PIECE = /([\w!#$%&'*+.^`|~-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gs

/** Challenges in their order; several may stand in one header. Anything that is not one is passed over. */
export function readChallenges(headers: readonly string[]): readonly Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = []
  for (const header of headers) {
    for (const [, name = '', quoted, plain] of header.matchAll(PIECE)) {
      const value = quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain
      if (value === undefined) {
        if (found.length >= CHALLENGES_MAX) return found
        found.push({ scheme: name.toLowerCase(), parameters: new Map() })
        continue
      }
      const parameters = found.at(-1)?.parameters
      const key = name.toLowerCase()
      // The first one counts: a second `nonce` is somebody's trick or mistake.
      if (parameters !== undefined && parameters.size < PARAMETERS_MAX && !parameters.has(key))
        parameters.set(key, value)
    }
  }
  return found
}
