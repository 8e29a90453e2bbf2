/** Settings of a station that no OCPP version knows. Who runs the station keeps them: they may be changed from elsewhere as well. */
import type { OwnSettingValue, SettingOutcome } from '../../model/setting.ts'

export interface OwnSettings {
  /** What a CSMS is told that asks for everything. */
  list(): readonly OwnSettingValue[]
  /** By its key in any case; null: there is none. */
  find(key: string): OwnSettingValue | null
  /** Resolves when the value is on disk and in force. `by`: the id of the upstream. Faults: LEDGER_FULL, LEDGER_FAILED. */
  change(key: string, value: string, by: string): Promise<SettingOutcome>
}
