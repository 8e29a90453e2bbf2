/**
 * The settings of one station: the table's, with what the site file and the CSMS have put there.
 * Values travel and are stored as text (OCPP 1.6 §9); insane ones are rejected and leave the old value in force.
 */
import { checkNumber, expectedNumber } from '../../model/number-rule.ts'
import { SETTINGS, type SettingName, type SettingOutcome, type SettingValue } from '../../model/setting.ts'
import type { StationDescription } from '../../model/station.ts'
import { phaseRotations } from './phase-rotation.ts'
import { wantedValue } from './metering/wanted-values.ts'
import { MAX_MEASURANDS, SAMPLED_MEASURANDS, SETTINGS_TABLE, type SettingRule } from './settings-table.ts'

/** A start value of the site file that the table refuses. */
export interface SettingProblem {
  readonly setting: SettingName
  readonly value: string
  readonly expected: string
}

export class StationSettings {
  /** What differs from the standard: most of the table is the same for every station and kept once. */
  readonly #values = new Map<SettingName, string>()
  readonly #description: StationDescription

  constructor(description: StationDescription, startValues: ReadonlyMap<SettingName, string> = new Map()) {
    this.#description = description
    this.set('numberOfConnectors', String(description.evses.length))
    this.set('connectorPhaseRotation', phaseRotations(description.evses))
    this.set('connectorPhaseRotationMaxLength', String(description.evses.length + 1))
    for (const [setting, value] of startValues) {
      // Read-only facts such as the security profile may be stated by the site, never by the CSMS.
      const checked = SETTINGS_TABLE[setting].rule.type === 'fixed' ? value : checkSetting(setting, value, description)
      if (checked !== null && !this.#lacksLock(setting)) this.set(setting, checked)
    }
  }

  /** Values that were changed in an earlier run. Those that the table no longer takes are skipped. */
  restore(stored: ReadonlyMap<string, string>): void {
    for (const setting of SETTINGS) {
      const value = stored.get(setting)
      if (value === undefined || this.#isReadOnly(setting)) continue
      const checked = checkSetting(setting, value, this.#description)
      if (checked !== null) this.set(setting, checked)
    }
  }

  text(setting: SettingName): string {
    return this.#values.get(setting) ?? SETTINGS_TABLE[setting].standard
  }

  number(setting: SettingName): number {
    return Number(this.text(setting))
  }

  flag(setting: SettingName): boolean {
    return this.text(setting) === 'true'
  }

  /** What a change would lead to; `value` is the text to store when it is accepted. Changes nothing. */
  check(setting: SettingName, value: string): { readonly outcome: SettingOutcome; readonly value: string } {
    const checked = this.#isReadOnly(setting) ? null : checkSetting(setting, value, this.#description)
    return checked === null ? { outcome: 'rejected', value } : { outcome: 'accepted', value: checked }
  }

  /** Puts a checked value in force. */
  set(setting: SettingName, value: string): void {
    if (value === SETTINGS_TABLE[setting].standard) this.#values.delete(setting)
    else this.#values.set(setting, value)
  }

  values(settings: readonly SettingName[] | null): readonly SettingValue[] {
    return (settings ?? SETTINGS).map((setting) => {
      const isSecret = SETTINGS_TABLE[setting].rule.type === 'secret'
      return { setting, readOnly: this.#isReadOnly(setting), value: isSecret ? null : this.text(setting) }
    })
  }

  #isReadOnly(setting: SettingName): boolean {
    return SETTINGS_TABLE[setting].rule.type === 'fixed' || this.#lacksLock(setting)
  }

  /** Cables that are fixed to the station are never let go: the key is false then and stays so (§9.1.33, errata 3.84). */
  #lacksLock(setting: SettingName): boolean {
    return setting === 'unlockConnectorOnEVSideDisconnect' && !this.#description.evses.some((evse) => evse.canUnlock)
  }
}

/** Start values that the table refuses, for the check of a site file. */
export function settingProblems(
  description: StationDescription,
  startValues: ReadonlyMap<SettingName, string>,
): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  for (const [setting, value] of startValues) {
    if (SETTINGS_TABLE[setting].rule.type !== 'fixed' && checkSetting(setting, value, description) === null)
      problems.push({ setting, value, expected: expectationOf(SETTINGS_TABLE[setting].rule) })
  }
  return problems
}

/** The value as it is stored, or null when it is not a legal one. */
function checkSetting(setting: SettingName, value: string, description: StationDescription): string | null {
  const rule = SETTINGS_TABLE[setting].rule
  switch (rule.type) {
    case 'integer':
    case 'decimal':
      return checkNumber(rule, value)
    case 'boolean': {
      const word = value.trim().toLowerCase()
      return word === 'true' || word === 'false' ? word : null
    }
    case 'measurands': {
      const names = splitList(value)
      const isGiven = names.length <= MAX_MEASURANDS && names.every((name) => wantedValue(name) !== null)
      return isGiven && new Set(names).size === names.length ? names.join(',') : null
    }
    case 'rotations': {
      const entries = splitList(value)
      const isWhole = entries.every((entry) => isRotation(entry, description))
      const connectors = new Set(entries.map((entry) => Number.parseInt(entry, 10)))
      return isWhole && connectors.size === entries.length ? entries.join(',') : null
    }
    case 'text':
      return value.length <= rule.max && !/\p{Cc}/u.test(value) ? value.trim() : null
    case 'fixed':
    case 'secret':
      return null
  }
}

function isRotation(entry: string, description: StationDescription): boolean {
  const match = /^(\d{1,4})\.(NotApplicable|Unknown|RST|RTS|SRT|STR|TRS|TSR)$/.exec(entry)
  const evse = Number(match?.[1])
  return match !== null && (evse === 0 || description.evses.some((known) => known.evse === evse))
}

function splitList(value: string): readonly string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** What a rule wants, for a person. */
export function expectationOf(rule: SettingRule): string {
  switch (rule.type) {
    case 'integer':
    case 'decimal':
      return expectedNumber(rule)
    case 'boolean':
      return 'true or false'
    case 'measurands':
      return `a list of ${SAMPLED_MEASURANDS.join(', ')}; with a phase such as Voltage.L1 where there are phases`
    case 'rotations':
      return 'a list such as 0.RST,1.RST'
    case 'text':
      return `a text of at most ${rule.max} characters`
    case 'fixed':
    case 'secret':
      return 'nothing: it cannot be set here'
  }
}
