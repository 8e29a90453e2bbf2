/** A car's visit as the core uses it: what a driver or a CSMS told that is no time and no energy counts as not told. */
import type { ChargingSession, Outlet } from '../../model/balance-input.ts'

/** What tells this car from the next one at the outlet; null: there is none to remember. */
export function sessionIdOf({ id, session, wanted }: Pick<Outlet, 'id' | 'session' | 'wanted'>): string | null {
  return session?.id ?? (wanted ? id : null)
}

/** The session itself where all of it is sound. */
export function knownSession(session: ChargingSession, at: number): ChargingSession {
  return isSound(session) ? session : madeSound(session, at)
}

function isSound({
  startedAt,
  energyWh,
  wantedWh,
  departsAt,
  commitment,
  priority,
  mayWait,
}: ChargingSession): boolean {
  return (
    Number.isFinite(startedAt) &&
    isEnergy(energyWh) &&
    (wantedWh === null || isEnergy(wantedWh)) &&
    (departsAt === null || Number.isFinite(departsAt)) &&
    (commitment === null || (isEnergy(commitment.energyWh) && Number.isFinite(commitment.byAt))) &&
    Number.isFinite(priority) &&
    (mayWait === null || Number.isFinite(mayWait.until))
  )
}

function madeSound(session: ChargingSession, at: number): ChargingSession {
  const { startedAt, energyWh, wantedWh, departsAt, commitment, priority, mayWait } = session
  const isPromise = commitment !== null && isEnergy(commitment.energyWh) && Number.isFinite(commitment.byAt)
  return {
    id: session.id,
    startedAt: Number.isFinite(startedAt) ? startedAt : at,
    energyWh: isEnergy(energyWh) ? energyWh : 0,
    wantedWh: wantedWh !== null && isEnergy(wantedWh) ? wantedWh : null,
    departsAt: departsAt !== null && Number.isFinite(departsAt) ? departsAt : null,
    commitment: isPromise ? commitment : null,
    priority: Number.isFinite(priority) ? priority : 1,
    mayWait: mayWait !== null && Number.isFinite(mayWait.until) ? mayWait : null,
  }
}

function isEnergy(wh: number): boolean {
  return Number.isFinite(wh) && wh >= 0
}
