/**
 * How the EVSEs of one station share its own maximum: "the combined energy flow of all connectors SHALL NOT be greater than the limit
 * set by ChargePointMaxProfile" (OCPP 1.6 §3.13.3). Pure. Amps per phase, reckoned as if all EVSEs were on the same phases.
 */

export interface Sharer {
  readonly evse: number
  /** A transaction runs that may draw. */
  readonly active: boolean
  readonly minAmps: number
  /** What it could use at most: its own range and its session's profiles. */
  readonly mostAmps: number
  /** What its charger offers the car now, as confirmed; null: not known. */
  readonly offeredAmps: number | null
  /** Highest measured phase; null: not known. */
  readonly measuredAmps: number | null
}

/** While not all can be served with their minimum, the turn passes on this often. */
const TURN_MS = 15 * 60_000
/** Rounding of set-points and noise of meters is no reason to hold others down. */
const TOLERANCE_AMPS = 1

/**
 * The share of `evse`. The shares of the active EVSEs together are never above `stationAmps`; an EVSE that is not active is told what it
 * would get. Equal parts; what one cannot use goes to the others (only by a limit that binds it: a car that draws little now may draw
 * more in a moment). Where equal parts are below the minimum, as many as it is enough for are served, in turns.
 * Nobody rises into a part that another EVSE still holds, or draws against its own, before that is free.
 * @param at wall ms, for the turns
 */
export function shareOf(evse: number, stationAmps: number, sharers: readonly Sharer[], at: number): number {
  const sharing = sharers.filter((sharer) => sharer.active || sharer.evse === evse)
  const shares = fill(stationAmps, served(stationAmps, sharing, at))
  let free = stationAmps
  let taken = 0
  for (const sharer of sharers) {
    if (sharer.evse === evse) taken = takenBy(sharer)
    else free -= heldBy(sharer, shares.get(sharer.evse) ?? 0)
  }
  return Math.max(0, Math.min(shares.get(evse) ?? 0, Math.max(taken, free)))
}

function heldBy(sharer: Sharer, share: number): number {
  const taken = takenBy(sharer)
  return taken > share + TOLERANCE_AMPS ? taken : share
}

function takenBy({ active, offeredAmps, measuredAmps }: Sharer): number {
  // Outside a transaction the offer is no current: the pause is on its way, and what flows is measured.
  return Math.max(active ? (offeredAmps ?? 0) : 0, measuredAmps ?? 0)
}

/** Those that get anything: all whose limits let them charge at all, as far as their minima fit, from the one whose turn it is. */
function served(stationAmps: number, sharing: readonly Sharer[], at: number): readonly Sharer[] {
  const able = sharing.filter(({ mostAmps, minAmps }) => mostAmps >= minAmps)
  const needed = able.reduce((sum, { minAmps }) => sum + minAmps, 0)
  if (able.length === 0 || needed <= stationAmps) return able
  const first = Math.floor(at / TURN_MS) % able.length
  let left = stationAmps
  return [...able.slice(first), ...able.slice(0, first)].filter(({ minAmps }) => {
    if (minAmps > left) return false
    left -= minAmps
    return true
  })
}

/** Equal parts, none above what its EVSE can use. */
function fill(stationAmps: number, sharers: readonly Sharer[]): ReadonlyMap<number, number> {
  const shares = new Map<number, number>()
  let left = stationAmps
  const ascending = sharers.toSorted((one, other) => one.mostAmps - other.mostAmps)
  for (const [index, { evse, mostAmps }] of ascending.entries()) {
    const share = Math.min(mostAmps, left / (ascending.length - index))
    shares.set(evse, share)
    left -= share
  }
  return shares
}
