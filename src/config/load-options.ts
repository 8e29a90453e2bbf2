/** What the loader asks of rooms it does not know: mappings, drivers and OCPP versions are told to it. */
import type { AddressScheme } from '../model/driver.ts'

export interface MappingFacts {
  readonly kind: 'charger' | 'meter'
  /** What the device speaks: `modbus`, `http`, `mqtt`, ... Without it any connection fits. */
  readonly speaks?: string
  /** Factory port, for connections that name none; or null. */
  readonly port?: number | null
  /** Factory unit id, or null when the mapping names none. */
  readonly unit: number | null
  /** Factory serial settings, or null. */
  readonly serial: { readonly baud: number; readonly format: string } | null
  /** Currents that a charger can be set to, A per phase; null: it cannot be steered. Without it none is checked. */
  readonly range?: { readonly minAmps: number; readonly maxAmps: number } | null
  /** Outlets of a charger where the site file names no number; null or missing: 1, or the charger tells. */
  readonly connectors?: number | null
  /** What is wrong with the mapping's own settings; null `name`: something is missing. Without it none is checked. */
  readonly wrongSettings?: (settings: MappingSettings) => readonly WrongSetting[]
  /** Unit id of one of several meters in the device, where it is not `unit`. */
  readonly unitOfMeter?: (meter: string) => number | null
}

/** What an installer sets of a mapping. */
export interface MappingSettings {
  readonly meter: string | null
  readonly options: Readonly<Record<string, number | string>>
}

export interface WrongSetting {
  readonly key: 'meter' | 'options'
  readonly name: string | null
  readonly message: string
  readonly hint: string
}

export interface LoadOptions {
  /** State folder: secrets and certificates may lie there too. */
  readonly stateFolder?: string
  /** `$CREDENTIALS_DIRECTORY` of systemd. */
  readonly credentialsFolder?: string
  /** What the drivers know; without it any scheme is accepted, and taken for Modbus. */
  readonly addresses?: readonly AddressScheme[]
  /** What is known of a mapping, or why it cannot be used. `folder` is the site file's. Without it no mapping is checked. */
  readonly mapping?: (
    name: string,
    folder: string,
  ) => MappingFacts | { readonly problem: string; readonly hint?: string }
  /** Names in the library, for "did you mean". */
  readonly mappingNames?: readonly string[]
  /** OCPP versions by name, with their configuration keys. Without it neither is checked. */
  readonly ocppKeys?: ReadonlyMap<string, readonly string[]>
  /** What a key of a version expects instead of the value; null when the value is fine. Without it no value is checked. */
  readonly expectedValue?: (version: string, key: string, value: string) => string | null
}
