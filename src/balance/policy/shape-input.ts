/**
 * The policy beside the balancing core: looks at what the core is told, decides now and then who may wait, and writes that into the
 * sessions. The running site, `balance` and `whatif` use this very function. No clock and no I/O: it remembers from tick to tick.
 */
import type { BalanceInput, Outlet } from '../../model/balance-input.ts'
import { PHASES } from '../../model/phase.ts'
import type { CircuitLimit } from '../../model/site-limit.ts'
import { NO_BUILDING_MEAN, updateBuilding } from './building-mean.ts'
import { policy } from './policy.ts'
import { INITIAL_POLICY_STATE } from './policy-input.ts'
import type { DemandNow, PolicyInput, PolicySession, PricedFrom, Wait } from './policy-input.ts'

export interface ShaperOptions {
  readonly usualStayMs: number
  readonly usualWh: number
  /** Prices from the one that holds at `at` on, sorted, on the clock of the input. */
  readonly tariff: (at: number) => readonly PricedFrom[]
  readonly demand?: (at: number) => DemandNow | null
  /** Told what the policy was told and decided, each time it decides. */
  readonly onDecided?: (input: PolicyInput, mayWait: ReadonlyMap<string, Wait>) => void
  /** Waits of a better plan, by session: they replace the policy's own; null: none is in force. */
  readonly plan?: (at: number) => ReadonlyMap<string, Wait> | null
}

export type InputShaper = (input: BalanceInput) => BalanceInput

/** How often it decides anew; a session that is new is judged at once, for a car that has begun to charge is not paused. */
export const POLICY_EVERY_MS = 30_000
/** How often it looks which phases cars use. */
const LEARN_EVERY_MS = 5_000
/** A terminal with less carries no load. */
const LOADED_AMPS = 1
/** A car that draws this much on one terminal shows all that it uses. */
const CLEARLY_AMPS = 4

export function policyShaper(options: ShaperOptions): InputShaper {
  let state = INITIAL_POLICY_STATE
  let building = NO_BUILDING_MEAN
  let mayWait: ReadonlyMap<string, Wait> = new Map()
  let decidedAt = -Infinity
  let learnedAt = -Infinity
  let judged: ReadonlySet<string> = new Set()
  let phases: ReadonlyMap<string, readonly number[]> = new Map()
  let limitSeenAt: ReadonlyMap<string, number> = new Map()

  const decide = (input: BalanceInput): void => {
    const { at, circuits, settings, limits } = input
    building = updateBuilding(building, input)
    limitSeenAt = new Map(limits.map((limit) => [keyOf(limit), limitSeenAt.get(keyOf(limit)) ?? at]))
    const sessions = input.outlets.flatMap((outlet) => sessionOf(outlet, phases) ?? [])
    const demand = options.demand?.(at) ?? null
    const told: PolicyInput = {
      at,
      sessions,
      circuits,
      tariff: options.tariff(at),
      usualStayMs: options.usualStayMs,
      usualWh: options.usualWh,
      voltage: settings.voltage,
      building: building.loads,
      limits: limits.map((limit) => ({ ...limit, since: limitSeenAt.get(keyOf(limit)) ?? at })),
      ...(demand === null ? {} : { demand }),
    }
    ;({ mayWait, state } = policy(told, state))
    decidedAt = at
    judged = new Set(sessions.map(({ id }) => id))
    options.onDecided?.(told, mayWait)
  }

  return (input) => {
    const isNew = input.outlets.some(({ session, wanted }) => wanted && session !== null && !judged.has(session.id))
    const isDue = isNew || input.at - decidedAt >= POLICY_EVERY_MS
    if (isDue || input.at - learnedAt >= LEARN_EVERY_MS) {
      phases = learnPhases(phases, input.outlets)
      learnedAt = input.at
    }
    if (isDue) decide(input)
    const waits = options.plan?.(input.at) ?? mayWait
    if (waits.size === 0) return input
    return { ...input, outlets: input.outlets.map((outlet) => withWait(outlet, waits)) }
  }
}

function withWait(outlet: Outlet, waits: ReadonlyMap<string, Wait>): Outlet {
  const { session } = outlet
  const wait = session === null ? undefined : waits.get(session.id)
  return session === null || wait === undefined ? outlet : { ...outlet, session: { ...session, mayWait: wait } }
}

function sessionOf(outlet: Outlet, phases: ReadonlyMap<string, readonly number[]>): PolicySession | null {
  const { session, wanted, circuitId, rotation, minAmps, maxAmps, profile } = outlet
  if (session === null || !wanted) return null
  const measured = phases.get(session.id)
  return {
    ...session,
    circuitId,
    phases: measured ?? rotation.map((phase) => PHASES.indexOf(phase)),
    isMeasured: measured !== undefined || rotation.length < 3,
    maxAmps: Math.min(maxAmps, profile?.amps ?? maxAmps),
    running: (outlet.pendingAmps ?? outlet.confirmedAmps ?? 0) >= minAmps,
  }
}

/** Site phases by session, as soon as its car draws clearly; for the sessions that are there. `known` itself where nothing is new. */
function learnPhases(
  known: ReadonlyMap<string, readonly number[]>,
  outlets: readonly Outlet[],
): ReadonlyMap<string, readonly number[]> {
  if (!tellsMore(known, outlets)) return known
  const learned = new Map<string, readonly number[]>()
  for (const outlet of outlets) {
    if (outlet.session === null) continue
    const now = phasesNow(outlet, known.get(outlet.session.id))
    if (now !== undefined) learned.set(outlet.session.id, now)
  }
  return learned
}

function tellsMore(known: ReadonlyMap<string, readonly number[]>, outlets: readonly Outlet[]): boolean {
  let count = 0
  for (const outlet of outlets) {
    if (outlet.session === null) continue
    const before = known.get(outlet.session.id)
    if (before !== undefined) count++
    if (phasesNow(outlet, before) !== before) return true
  }
  return count !== known.size
}

function phasesNow(outlet: Outlet, before: readonly number[] | undefined): readonly number[] | undefined {
  return drawsClearly(outlet) ? loadedPhases(outlet, before) : before
}

function drawsClearly({ measuredAmps }: Outlet): boolean {
  if (measuredAmps === null) return false
  for (const amps of measuredAmps) if (amps !== null && amps >= CLEARLY_AMPS) return true
  return false
}

/** Those loaded now or before; `before` itself where that is the same. */
function loadedPhases({ rotation, measuredAmps }: Outlet, before: readonly number[] | undefined): readonly number[] {
  const isLoaded = (terminal: number): boolean => (measuredAmps?.[terminal] ?? 0) >= LOADED_AMPS
  if (before !== undefined) {
    let more = false
    for (let terminal = 0; terminal < rotation.length; terminal++)
      if (isLoaded(terminal) && !before.includes(PHASES.indexOf(rotation[terminal] ?? 'L1'))) more = true
    if (!more) return before
  }
  const places = rotation.map((phase) => PHASES.indexOf(phase))
  return places.filter((place, terminal) => isLoaded(terminal) || before?.includes(place) === true)
}

function keyOf({ id, source, circuitId }: CircuitLimit): string {
  return `${source} ${id} ${circuitId}`
}
