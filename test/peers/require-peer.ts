/**
 * Programs of other people that prove us right: socat, mbpoll, pymodbus, ... A newcomer's machine may lack them; then their tests are
 * skipped and say why. With AMPBRIDGE_REQUIRE_PEERS=1 (our CI) a missing one is a failure.
 */
import { spawnSync } from 'node:child_process'
import { describe } from 'vitest'

export interface Peer {
  readonly name: string
  readonly available: boolean
  /** Why it cannot be used; empty when it can. */
  readonly reason: string
}

/** `probe` is a command that ends with 0 when the peer is there, e.g. `['socat', '-V']`. Throws when a required peer is missing. */
export function peer(name: string, probe: readonly [string, ...string[]]): Peer {
  const [command, ...args] = probe
  const { error, status } = spawnSync(command, args, { stdio: 'ignore', timeout: 15_000 })
  const available = error === undefined && status === 0
  const reason = available ? '' : `${name} is not on this machine`
  if (!available && process.env['AMPBRIDGE_REQUIRE_PEERS'] === '1') throw new Error(reason)
  return { name, available, reason }
}

/** A `describe` that is skipped, with the reason in its name, when one of the peers is missing. */
export function describeWithPeers(title: string, peers: readonly Peer[], body: () => void): void {
  const reasons = peers.filter((each) => !each.available).map((each) => each.reason)
  if (reasons.length === 0) describe(title, body)
  else describe.skip(`${title} (skipped: ${reasons.join(', ')})`, body)
}
