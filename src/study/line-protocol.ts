/**
 * The planner's protocol (version 1): a site and its ticks as JSON lines, answered with set-points by the very code that runs a site.
 * It plays what the bridge has around the core: what was ordered and is confirmed, and when.
 */
import { allocate, initialBalanceState, memoryOf, restoredState } from '../balance/allocate.ts'
import type { BalanceState } from '../balance/allocate.ts'
import { USUAL_SETTINGS } from '../balance/known/settings.ts'
import { policyShaper } from '../balance/policy/shape-input.ts'
import type {
  BalanceInput,
  BalanceResult,
  BalanceSettings,
  ChargingSession,
  MeterCurrent,
  Outlet,
} from '../model/balance-input.ts'
import type { Circuit } from '../model/circuit.ts'
import { PLAIN_PARAMETERS } from '../model/controller-parameters.ts'
import type { PhaseAmps, PhaseRotation } from '../model/phase.ts'
import { PHASES } from '../model/phase.ts'
import type { SiteLimit } from '../model/site-limit.ts'
import { wrongSite, wrongTick } from './check-planner-site.ts'
import type { InitMessage, PlannerCharger, PlannerSite, TickCharger, TickMessage } from './line-messages.ts'

/** What is believed of a charger's set-point, as the bridge's outlet state does. */
interface Believed {
  orderedAmps: number | null
  orderedAt: number
  confirmedAmps: number
  confirmedAt: number
  previousAmps: number
  wasOnline: boolean
}

export interface Planner {
  /** Set-points by the site's order of chargers. Throws where a tick does not fit the site. */
  tick(message: TickMessage): readonly number[]
  /** What was decided last, with its reasons. */
  readonly last: BalanceResult<BalanceState> | null
  /** What must survive a restart, as text; the same text as long as nothing of it has changed. */
  remembered(): string
}

/**
 * Throws Error, in words for the planner, for a site that makes no sense.
 * @param memory what `remembered` gave an earlier planner of this site; null: none
 */
export function createPlanner({ site, t }: InitMessage, memory: unknown): Planner {
  const wrong = wrongSite(site)
  if (wrong !== null) throw new Error(`init: site.${wrong}`)
  const circuits = circuitsOf(site)
  const rotations = site.chargers.map(rotationOf)
  const believed = site.chargers.map((): Believed => ({
    orderedAmps: null,
    orderedAt: 0,
    confirmedAmps: NaN,
    confirmedAt: -Infinity,
    previousAmps: 0,
    wasOnline: true,
  }))
  // Allocations come sorted by outlet.
  const sortedIds = site.chargers.map(({ id }) => id).toSorted()
  const placeOf = new Map(sortedIds.map((id, place) => [id, place]))
  const placeInOrder = site.chargers.map(({ id }) => placeOf.get(id) ?? -1)
  const circuitIds = new Set(circuits.map(({ id }) => id))
  const settings = settingsOf(site)
  const prices = site.tariff.map(({ t: from, price }) => ({ from: from * 1000, price }))
  const { usualStayMs, usualWh } = settings
  const shape = policyShaper({ usualStayMs, usualWh, tariff: () => prices })
  let state: BalanceState = memory === null ? initialBalanceState : restoredState(memory, t * 1000)

  const inputOf = (message: TickMessage): BalanceInput => {
    const at = message.t * 1000
    return {
      at,
      circuits,
      settings,
      parameters: PLAIN_PARAMETERS,
      limits: message.limits.map(limitOf),
      meters: site.meters.map((meter): MeterCurrent => {
        const shown = message.meters[meter.id]
        if (shown === undefined) return { meterId: meter.id, amps: null, takenAt: 0 }
        const [L1, L2, L3] = shown.A
        const amps = L1 === null || L2 === null || L3 === null ? null : { L1, L2, L3 }
        return { meterId: meter.id, amps, takenAt: momentOf(shown.ageS, at) }
      }),
      outlets: site.chargers.map((charger, index) => {
        const own = believed[index]
        const view = message.chargers[index]
        if (own === undefined || view === undefined) throw new Error(`chargers.${index}: is missing`)
        hear(own, view, at)
        return outletOf(charger, rotations[index] ?? [], own, view, at)
      }),
    }
  }

  let last: BalanceResult<BalanceState> | null = null
  return {
    get last() {
      return last
    },
    tick: (message) => {
      const strange = wrongTick(message, site.chargers, circuitIds)
      if (strange !== null) throw new Error(`tick: ${strange}`)
      const result = allocate(shape(inputOf(message)), state)
      ;({ state } = result)
      last = result
      return site.chargers.map(({ id }, index) => {
        const allocation = result.allocations[placeInOrder[index] ?? -1]
        const amps = allocation?.outletId === id ? allocation.amps : 0
        const own = believed[index]
        const view = message.chargers[index]
        // What is ordered of a silent charger does not reach it.
        if (own !== undefined && view?.online === true && amps !== (own.orderedAmps ?? own.confirmedAmps)) {
          own.orderedAmps = amps
          own.orderedAt = message.t * 1000
        }
        return view?.online === true ? amps : (view?.setA ?? 0)
      })
    },
    remembered: () => JSON.stringify(memoryOf(state)),
  }
}

const TOLERANCE_AMPS = 0.06

/** What a charger tells of its set-point: an order of ours has arrived, or somebody else set it. */
function hear(own: Believed, view: TickCharger, at: number): void {
  const { setA } = view
  if (view.online && !own.wasOnline) {
    own.orderedAmps = null
  }
  own.wasOnline = view.online
  if (setA === null) return
  if (Number.isNaN(own.confirmedAmps)) {
    own.confirmedAmps = setA
    own.previousAmps = setA
    return
  }
  if (own.orderedAmps !== null && Math.abs(setA - own.orderedAmps) <= TOLERANCE_AMPS) {
    if (own.orderedAmps !== own.confirmedAmps) {
      own.previousAmps = own.confirmedAmps
      own.confirmedAmps = own.orderedAmps
      own.confirmedAt = own.orderedAt
    }
    own.orderedAmps = null
  } else if (Math.abs(setA - own.confirmedAmps) > TOLERANCE_AMPS) {
    own.previousAmps = Math.max(own.confirmedAmps, own.previousAmps)
    own.confirmedAmps = setA
    own.confirmedAt = at
  }
}

function outletOf(
  charger: PlannerCharger,
  rotation: PhaseRotation,
  own: Believed,
  view: TickCharger,
  at: number,
): Outlet {
  const { session } = view
  return {
    id: charger.id,
    circuitId: charger.circuit,
    rotation,
    minAmps: charger.minA,
    maxAmps: charger.maxA,
    stepAmps: charger.stepA,
    wanted: session !== null,
    refusal: session === null ? 'no-vehicle' : null,
    profile: session === null || session.csmsA === null ? null : { amps: session.csmsA, source: 'CSMS' },
    online: view.online,
    fallbackAmps: charger.fallbackA,
    fallbackSureAt:
      view.seenAgeS === null ? null : momentOf(view.seenAgeS, at) + (charger.fallbackAfterS + FALLBACK_MARGIN_S) * 1000,
    confirmedAmps: Number.isNaN(own.confirmedAmps) ? null : own.confirmedAmps,
    pendingAmps: own.orderedAmps,
    confirmedAt: own.confirmedAt,
    previousAmps: own.previousAmps,
    measuredAmps: rotation.length === view.A.length ? view.A : view.A.slice(0, rotation.length),
    measuredAt: momentOf(view.ageS, at),
    session: session === null ? null : sessionOf(session),
    softMinAmps: null,
  }
}

/** From its own fall-back until the car has followed. */
const FALLBACK_MARGIN_S = 9

function sessionOf(session: NonNullable<TickCharger['session']>): ChargingSession {
  const { commit } = session
  return {
    id: session.id,
    startedAt: session.sinceT * 1000,
    energyWh: session.kWh * 1000,
    wantedWh: session.energyKWh === null ? null : session.energyKWh * 1000,
    departsAt: session.departT === null ? null : session.departT * 1000,
    commitment: commit === null ? null : { energyWh: commit.energyKWh * 1000, byAt: commit.byT * 1000 },
    priority: session.priority,
    mayWait: null,
  }
}

function circuitsOf(site: PlannerSite): readonly Circuit[] {
  const meterOf = new Map(site.meters.map(({ id, circuit }) => [circuit, id]))
  return site.circuits.map(({ id, parent, limitA, unbalanceA }) => ({
    id,
    parentId: parent,
    limitAmps: phaseAmps(limitA),
    meterId: meterOf.get(id) ?? null,
    failSafeAmps: site.failsafe?.evA ?? 0,
    carsMaxWatts: null,
    unbalanceAmps: unbalanceA ?? null,
  }))
}

function limitOf({ source, circuit, maxA, evMaxW }: TickMessage['limits'][number]): SiteLimit {
  return {
    id: source,
    source,
    circuitId: circuit,
    maxAmps: maxA === undefined ? null : phaseAmps(maxA),
    carsMaxWatts: evMaxW ?? null,
    priority: 0,
    since: 0,
    until: null,
  }
}

function settingsOf({ failsafe, settleS, voltage }: PlannerSite): BalanceSettings {
  return {
    ...USUAL_SETTINGS,
    meterStaleMs: failsafe === null ? USUAL_SETTINGS.meterStaleMs : failsafe.meterStaleS * 1000,
    settleMs: settleS * 1000,
    strategy: 'commitments',
    voltage,
  }
}

const KNOWN_ROTATIONS = new Map<string, PhaseRotation>()

/** One for all chargers that are wired alike. OCPP's names: letter i is the grid phase on the charger's terminal i; R, S, T are L1, L2, L3. */
function rotationOf({ phases, rotation = 'RST' }: PlannerCharger): PhaseRotation {
  const letters = rotation.slice(0, phases)
  const known = KNOWN_ROTATIONS.get(letters)
  if (known !== undefined) return known
  const made = Array.from(letters, (letter) => PHASES['RST'.indexOf(letter)] ?? 'L1')
  KNOWN_ROTATIONS.set(letters, made)
  return made
}

/** What is so many seconds old; what is not told is older than anything. */
function momentOf(ageS: number | null, at: number): number {
  return ageS === null ? -Infinity : at - ageS * 1000
}

function phaseAmps([L1, L2, L3]: readonly [number, number, number]): PhaseAmps {
  return { L1, L2, L3 }
}
