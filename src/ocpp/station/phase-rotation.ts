/** ConnectorPhaseRotation as the wiring has it (OCPP 1.6 §9.1.7): R, S, T are L1, L2, L3 of the grid connection. Pure. */
import type { Phase } from '../../model/phase.ts'
import type { EvseDescription } from '../../model/station.ts'

const LETTERS: Readonly<Record<Phase, string>> = { L1: 'R', L2: 'S', L3: 'T' }
/** What a configuration value may hold (CiString500Type). */
const MAX_CHARACTERS = 500

/** `0.Unknown,1.RST,2.STR`; connectors that no longer fit are left out at the end. */
export function phaseRotations(evses: readonly EvseDescription[]): string {
  let text = '0.Unknown'
  for (const { evse, phases, rotation } of evses) {
    const letters = (rotation ?? (['L1', 'L2', 'L3'] as const)).map((phase) => LETTERS[phase]).join('')
    const longer = `${text},${evse}.${phases === 1 ? 'NotApplicable' : letters}`
    if (longer.length > MAX_CHARACTERS) break
    text = longer
  }
  return text
}
