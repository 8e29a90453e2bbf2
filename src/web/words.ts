/** What the page says in sentences. Pure. */
import type { EvseSnapshot, Phase, SiteSnapshot, StationSnapshot, UpstreamSnapshot } from '../api/types.ts'
import { evsesOf, hasVehicle, PHASES } from './load.ts'

type Tone = 'calm' | 'active' | 'wait' | 'bad'
export type IconName = 'bolt' | 'pause' | 'plug' | 'check' | 'circle' | 'cross' | 'warning'

export interface StateWord {
  readonly text: string
  readonly tone: Tone
  readonly icon: IconName
}

const STATES: Readonly<Record<EvseSnapshot['status'], StateWord>> = {
  available: { text: 'Free', tone: 'calm', icon: 'circle' },
  preparing: { text: 'Plugged in', tone: 'wait', icon: 'plug' },
  charging: { text: 'Charging', tone: 'active', icon: 'bolt' },
  'suspended-ev': { text: 'Car takes nothing', tone: 'wait', icon: 'pause' },
  'suspended-evse': { text: 'Paused by the site', tone: 'wait', icon: 'pause' },
  finishing: { text: 'Finished', tone: 'calm', icon: 'check' },
  reserved: { text: 'Reserved', tone: 'wait', icon: 'check' },
  unavailable: { text: 'Out of service', tone: 'bad', icon: 'cross' },
  faulted: { text: 'Fault', tone: 'bad', icon: 'warning' },
}

export function stateWord(station: StationSnapshot, evse: EvseSnapshot): StateWord {
  return station.online ? STATES[evse.status] : { text: 'No answer', tone: 'bad', icon: 'cross' }
}

const UPSTREAM_WORDS: Readonly<Record<UpstreamSnapshot['state'], StateWord>> = {
  connecting: { text: 'connecting', tone: 'wait', icon: 'pause' },
  open: { text: 'registering', tone: 'wait', icon: 'pause' },
  accepted: { text: 'connected', tone: 'active', icon: 'check' },
  pending: { text: 'not accepted yet', tone: 'wait', icon: 'pause' },
  rejected: { text: 'rejected', tone: 'bad', icon: 'cross' },
  down: { text: 'not reachable', tone: 'bad', icon: 'cross' },
}

export function upstreamWord(upstream: UpstreamSnapshot): StateWord {
  return UPSTREAM_WORDS[upstream.state]
}

/** What happens now. Holds no live measurement, so that it changes only when something happens and can be read out. */
export function headline(site: SiteSnapshot): string {
  const cars = evsesOf(site).filter(({ station, evse }) => station.online && hasVehicle(evse))
  const charging = cars.filter(({ evse }) => evse.status === 'charging').length
  const silent = site.stations.filter((station) => !station.online).length
  const first =
    cars.length === 0
      ? 'No car is plugged in'
      : charging === cars.length
        ? charging === 1
          ? '1 car charges'
          : charging === 2
            ? 'Both cars charge'
            : `All ${charging} cars charge`
        : charging === 0
          ? `${cars.length === 1 ? '1 car is' : `${cars.length} cars are`} plugged in and none charges`
          : `${charging} of ${cars.length} cars charge`
  const rest = [limitClause(site, cars.length > 0), silentClause(silent)].filter((clause) => clause !== '')
  return `${[first, ...rest].join('; ')}.`
}

function silentClause(silent: number): string {
  if (silent === 0) return ''
  return silent === 1 ? '1 charger does not answer' : `${silent} chargers do not answer`
}

function limitClause(site: SiteSnapshot, anyCar: boolean): string {
  const failSafe = site.circuits.find((circuit) => circuit.failSafe)
  if (failSafe !== undefined)
    return `the meter of ${failSafe.id} is silent, so the cars are held to its fail-safe current`
  if (!anyCar) return ''
  const reasons = evsesOf(site).flatMap(({ evse }) => (hasVehicle(evse) ? [evse.why] : []))
  const bounds = reasons.flatMap((why) => boundOf(why))
  const [tightest] = bounds
  // Between two decisions (a rest after a pause, a rise that waits) nothing certain can be said.
  if (tightest === undefined) return reasons.every((why) => why.includes('own maximum')) ? 'no fuse limits them' : ''
  const phases = new Set(
    bounds.flatMap(({ circuitId, phase }) => (circuitId === tightest.circuitId && phase !== null ? [phase] : [])),
  )
  const { limitAmps } = site.circuits.find((circuit) => circuit.id === tightest.circuitId) ?? {}
  const limit = limitAmps === undefined ? '' : ` (${Math.round(limitAmps[tightest.phase ?? 'L1'])} A)`
  const on = phases.size === 0 ? '' : ` on ${[...phases].toSorted().join(' and ')}`
  return `${tightest.circuitId}${limit} is the limit${on}`
}

interface Bound {
  readonly circuitId: string
  readonly phase: Phase | null
}

/** Circuit and phase in the bridge's own sentence (`explainBinding`); nothing when another rule binds. */
export function boundOf(why: string): readonly Bound[] {
  const [, circuitId, phase] = /circuit (.+?), phase (L1|L2|L3)/.exec(why) ?? []
  if (circuitId !== undefined)
    return PHASES.filter((known) => known === phase).map((known) => ({ circuitId, phase: known }))
  const [, fullCircuit] = /left on circuit (.+)$/.exec(why) ?? []
  return fullCircuit === undefined ? [] : [{ circuitId: fullCircuit, phase: null }]
}

export function whyQuestion(evse: EvseSnapshot): string {
  if (evse.setAmps === null) return 'Set-point not known yet'
  return evse.setAmps === 0 ? 'Why no current?' : `Why ${trim(evse.setAmps)} A?`
}

/** One decimal, as a clamp meter shows it; `–` when unknown. */
export function amps(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(1)
}

/** Without a needless `.0`. */
export function trim(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function kilowattHours(wh: number): string {
  return `${(wh / 1000).toFixed(wh < 10_000 ? 2 : 1)} kWh`
}

export function kilowatts(watts: number): string {
  return `${(watts / 1000).toFixed(1)} kW`
}

export function duration(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

export function latency(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
