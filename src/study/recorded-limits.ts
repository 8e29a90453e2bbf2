/** Limits from outside that held on recorded days, from the log that proves them. Pure. */
import type { LimitProof } from '../model/limit-proof.ts'
import type { SiteLimit } from '../model/site-limit.ts'

/** @param proofs oldest first; a limit whose end is not among them ends when it was to end */
export function recordedLimits(proofs: readonly LimitProof[]): readonly SiteLimit[] {
  const endedAt = new Map(proofs.flatMap((proof) => (proof.kind === 'ended' ? [[proof.commandId, proof.at]] : [])))
  return proofs.flatMap((proof): readonly SiteLimit[] => {
    if (proof.kind !== 'came') return []
    const { limitId: id, source, circuitId, maxAmps, carsMaxWatts, priority, at: since, commandId } = proof
    const until = endedAt.get(commandId) ?? proof.until
    return [{ id, source, circuitId, maxAmps, carsMaxWatts, priority, since, until }]
  })
}
