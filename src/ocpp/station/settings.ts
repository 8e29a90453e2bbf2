/**
 * The settings table of a station: type, range, default and effect of every setting a CSMS can read or change.
 * Values travel and are stored as text (OCPP 1.6 §9); insane ones are rejected and leave the old value in force.
 */
import type { Measurand } from '../../model/reading.ts'
import { SETTINGS, type SettingName, type SettingOutcome, type SettingValue } from '../../model/setting.ts'
import type { StationDescription } from '../../model/station.ts'
import { phaseRotations } from './phase-rotation.ts'

type Rule =
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'measurands' }
  | { readonly type: 'rotations' }
  | { readonly type: 'text'; readonly max: number }
  | { readonly type: 'fixed' }
  | { readonly type: 'secret' }

interface Row {
  readonly rule: Rule
  readonly standard: string
}

/** Measurands that an EVSE can give; another one in a list is rejected, as OCPP 1.6 §9.1 wants. */
export const SAMPLED_MEASURANDS: readonly Measurand[] = [
  'Current.Import',
  'Current.Offered',
  'Energy.Active.Import.Register',
  'Frequency',
  'Power.Active.Import',
  'Power.Offered',
  'SoC',
  'Temperature',
  'Voltage',
]

export const MAX_STACK_LEVEL = 99
export const MAX_PERIODS = 24
export const MAX_PROFILES = 32
export const MAX_LOCAL_LIST = 10_000
export const MAX_LOCAL_LIST_UPDATE = 500
const MAX_CHAIN_CHARACTERS = 10_000
const MAX_CERTIFICATES = 20
const MAX_MEASURANDS = SAMPLED_MEASURANDS.length
const DAY_S = 86_400

const seconds = (standard: number, max: number = DAY_S, min: number = 0): Row => ({
  rule: { type: 'integer', min, max },
  standard: String(standard),
})
const yesNo = (standard: boolean): Row => ({ rule: { type: 'boolean' }, standard: String(standard) })
const measurands = (standard: string): Row => ({ rule: { type: 'measurands' }, standard })
const fixed = (value: string | number): Row => ({ rule: { type: 'fixed' }, standard: String(value) })

const EVERYDAY = 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage'

const TABLE: Readonly<Record<SettingName, Row>> = {
  allowOfflineTxForUnknownId: yesNo(false),
  authorizationCacheEnabled: yesNo(true),
  authorizeRemoteTxRequests: yesNo(false),
  clockAlignedDataInterval: seconds(0),
  connectionTimeOut: seconds(60, 3600),
  connectorPhaseRotation: { rule: { type: 'rotations' }, standard: '' },
  connectorPhaseRotationMaxLength: fixed(0),
  getConfigurationMaxKeys: fixed(SETTINGS.length + 1),
  heartbeatInterval: seconds(300),
  localAuthorizeOffline: yesNo(true),
  localPreAuthorize: yesNo(false),
  maxEnergyOnInvalidId: { rule: { type: 'integer', min: 0, max: 1_000_000 }, standard: '0' },
  meterValuesAlignedData: measurands(EVERYDAY),
  meterValuesAlignedDataMaxLength: fixed(MAX_MEASURANDS),
  meterValuesSampledData: measurands(EVERYDAY),
  meterValuesSampledDataMaxLength: fixed(MAX_MEASURANDS),
  meterValueSampleInterval: seconds(60),
  minimumStatusDuration: seconds(0, 3600),
  numberOfConnectors: fixed(0),
  resetRetries: { rule: { type: 'integer', min: 0, max: 100 }, standard: '0' },
  stopTransactionOnEVSideDisconnect: yesNo(true),
  stopTransactionOnInvalidId: yesNo(true),
  stopTxnAlignedData: measurands(''),
  stopTxnAlignedDataMaxLength: fixed(MAX_MEASURANDS),
  stopTxnSampledData: measurands(''),
  stopTxnSampledDataMaxLength: fixed(MAX_MEASURANDS),
  supportedFeatureProfiles: fixed('Core,RemoteTrigger,SmartCharging'),
  supportedFeatureProfilesMaxLength: fixed(3),
  transactionMessageAttempts: { rule: { type: 'integer', min: 1, max: 100 }, standard: '3' },
  transactionMessageRetryInterval: seconds(60, 3600),
  unlockConnectorOnEVSideDisconnect: yesNo(false),
  webSocketPingInterval: seconds(60, 3600),
  chargeProfileMaxStackLevel: fixed(MAX_STACK_LEVEL),
  chargingScheduleAllowedChargingRateUnit: fixed('Current,Power'),
  chargingScheduleMaxPeriods: fixed(MAX_PERIODS),
  connectorSwitch3to1PhaseSupported: fixed('false'),
  maxChargingProfilesInstalled: fixed(MAX_PROFILES),
  localAuthListEnabled: yesNo(true),
  localAuthListMaxLength: fixed(MAX_LOCAL_LIST),
  sendLocalListMaxLength: fixed(MAX_LOCAL_LIST_UPDATE),
  reserveConnectorZeroSupported: fixed('true'),
  supportedFileTransferProtocols: fixed('FTP,FTPS,HTTP,HTTPS,SFTP'),
  // Write-only (security whitepaper A01); the upstream's access keeps it, never this table.
  authorizationKey: { rule: { type: 'secret' }, standard: '' },
  // Changed through the upstream's access, upward only (A05).
  securityProfile: { rule: { type: 'integer', min: 0, max: 3 }, standard: '0' },
  cpoName: { rule: { type: 'text', max: 64 }, standard: '' },
  additionalRootCertificateCheck: fixed('false'),
  certificateSignedMaxChainSize: fixed(MAX_CHAIN_CHARACTERS),
  certificateStoreMaxLength: fixed(MAX_CERTIFICATES),
  retryBackOffRepeatTimes: { rule: { type: 'integer', min: 0, max: 10 }, standard: '4' },
  retryBackOffRandomRange: seconds(10, 600),
  retryBackOffWaitMinimum: seconds(10, 600, 1),
}

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
      const checked = TABLE[setting].rule.type === 'fixed' ? value : checkSetting(setting, value, description)
      if (checked !== null) this.set(setting, checked)
    }
  }

  /** Values that were changed in an earlier run. Those that the table no longer takes are skipped. */
  restore(stored: ReadonlyMap<string, string>): void {
    for (const setting of SETTINGS) {
      const value = stored.get(setting)
      if (value === undefined || TABLE[setting].rule.type === 'fixed') continue
      const checked = checkSetting(setting, value, this.#description)
      if (checked !== null) this.set(setting, checked)
    }
  }

  text(setting: SettingName): string {
    return this.#values.get(setting) ?? TABLE[setting].standard
  }

  number(setting: SettingName): number {
    return Number(this.text(setting))
  }

  flag(setting: SettingName): boolean {
    return this.text(setting) === 'true'
  }

  measurands(setting: SettingName): readonly Measurand[] {
    const names = splitList(this.text(setting))
    return SAMPLED_MEASURANDS.filter((measurand) => names.includes(measurand))
  }

  /** What a change would lead to; `value` is the text to store when it is accepted. Changes nothing. */
  check(setting: SettingName, value: string): { readonly outcome: SettingOutcome; readonly value: string } {
    const kind = TABLE[setting].rule.type
    const checked = kind === 'fixed' || kind === 'secret' ? null : checkSetting(setting, value, this.#description)
    return checked === null ? { outcome: 'rejected', value } : { outcome: 'accepted', value: checked }
  }

  /** Puts a checked value in force. */
  set(setting: SettingName, value: string): void {
    if (value === TABLE[setting].standard) this.#values.delete(setting)
    else this.#values.set(setting, value)
  }

  values(settings: readonly SettingName[] | null): readonly SettingValue[] {
    return (settings ?? SETTINGS).map((setting) => {
      const kind = TABLE[setting].rule.type
      return { setting, readOnly: kind === 'fixed', value: kind === 'secret' ? null : this.text(setting) }
    })
  }
}

/** Start values that the table refuses, for the check of a site file. */
export function settingProblems(
  description: StationDescription,
  startValues: ReadonlyMap<SettingName, string>,
): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  for (const [setting, value] of startValues) {
    if (TABLE[setting].rule.type !== 'fixed' && checkSetting(setting, value, description) === null)
      problems.push({ setting, value, expected: expectation(TABLE[setting].rule) })
  }
  return problems
}

/** The value as it is stored, or null when it is not a legal one. */
function checkSetting(setting: SettingName, value: string, description: StationDescription): string | null {
  const rule = TABLE[setting].rule
  switch (rule.type) {
    case 'integer': {
      if (!/^\d{1,9}$/.test(value.trim())) return null
      const number = Number(value.trim())
      return number >= rule.min && number <= rule.max ? String(number) : null
    }
    case 'boolean': {
      const word = value.trim().toLowerCase()
      return word === 'true' || word === 'false' ? word : null
    }
    case 'measurands': {
      const names = splitList(value)
      const known = names.every((name) => SAMPLED_MEASURANDS.some((measurand) => measurand === name))
      return known && new Set(names).size === names.length ? names.join(',') : null
    }
    case 'rotations':
      return splitList(value).every((entry) => isRotation(entry, description)) ? splitList(value).join(',') : null
    case 'text':
      return [...value].length <= rule.max && !/\p{Cc}/u.test(value) ? value.trim() : null
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

function expectation(rule: Rule): string {
  switch (rule.type) {
    case 'integer':
      return `a whole number from ${rule.min} to ${rule.max}`
    case 'boolean':
      return 'true or false'
    case 'measurands':
      return `a list of ${SAMPLED_MEASURANDS.join(', ')}`
    case 'rotations':
      return 'a list such as 0.RST,1.RST'
    case 'text':
      return `a text of at most ${rule.max} characters`
    case 'fixed':
    case 'secret':
      return 'nothing: it cannot be set here'
  }
}
