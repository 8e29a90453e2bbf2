/** "Why?" asked of a state folder, whether a bridge runs on it or not. */
import { readLedger } from '../../ledger/read-ledger.ts'
import { isStateLocked } from '../../ledger/state-lock.ts'
import { HISTORY, minuteAround, type Why, whyFrom } from './why.ts'

export interface OutletAnswer {
  readonly stationId: string
  readonly evse: number
  /** Null: nothing is stored of it that old. */
  readonly why: Why | null
}

export interface WhyQuestion {
  readonly stationId: string
  /** Null: all of the station. */
  readonly evse: number | null
  /** Wall ms. */
  readonly at: number
}

export interface WhyAnswer {
  /** In order; empty when nothing was ever stored of what was asked for. */
  readonly outlets: readonly OutletAnswer[]
  /** All of which something is stored. */
  readonly known: readonly { readonly stationId: string; readonly evse: number }[]
  /** False: what was decided last is no longer looked after by anybody. Null: it cannot be told on this machine. */
  readonly bridgeRuns: boolean | null
}

/** Faults: LEDGER_UNREADABLE, LEDGER_FAILED. */
export async function askWhy(stateFolder: string, { stationId, evse, at }: WhyQuestion): Promise<WhyAnswer> {
  const stored = await readLedger(stateFolder, (ledger) => {
    const known = ledger.outlets()
    const samples = ledger.siteSamples(...minuteAround(at))
    const asked = known.filter((outlet) => outlet.stationId === stationId && (evse === null || outlet.evse === evse))
    return {
      known,
      outlets: asked.map((outlet) => ({
        ...outlet,
        why: whyFrom(ledger.decisions(outlet.stationId, outlet.evse, 0, at, HISTORY), samples),
      })),
    }
  })
  return { ...stored, bridgeRuns: isStateLocked(stateFolder) }
}
