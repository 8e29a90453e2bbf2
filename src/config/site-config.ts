/** A checked site file: every reference resolved, every quantity in its base unit, secrets read. What the site is built from. */
import type { Circuit } from '../model/circuit.ts'
import type { PhaseRotation } from '../model/phase.ts'
import type { AuthorizationWay } from '../model/station.ts'

export interface SiteConfig {
  readonly name: string
  /** IANA name; for local days in recurring schedules. */
  readonly timezone: string
  readonly circuits: readonly Circuit[]
  readonly meters: readonly MeterConfig[]
  readonly stations: readonly StationConfig[]
  readonly upstreams: readonly UpstreamConfig[]
  readonly web: WebConfig | null
  readonly apiKeys: readonly ApiKeyConfig[]
  /** Program that installs a verified firmware file (absolute path, checked), or null. */
  readonly firmwareHook: string | null
  readonly transfers: TransfersConfig
  /** Folder of the site file: relative paths and own mappings (`mappings/`) start there. */
  readonly folder: string
}

/** Where a device is: devices with the same `connect`, login and key share one link. */
export interface DeviceAddress {
  /** Driver URL without login and key, e.g. `tcp://192.168.1.11:502` or `rtu:/dev/ttyUSB0`. */
  readonly connect: string
  /** Settings of the bus that win over the mapping's. */
  readonly serial: { readonly baud: number; readonly format: string } | null
  readonly echo: boolean
  /** Unit id that wins over the mapping's, or null. */
  readonly unit: number | null
  readonly login: DeviceLogin | null
  /** What a meter encrypts its telegrams with, or null. */
  readonly key: Secret | null
}

export interface DeviceLogin {
  readonly user: string
  readonly password: Secret
}

export interface MeterConfig {
  readonly id: string
  /** Name in the library or a file's path. */
  readonly mapping: string
  /** What the mapping leaves to the installer. */
  readonly options: Readonly<Record<string, number | string>>
  /** Which of several meters in the device; null: the mapping has one. */
  readonly meter: string | null
  readonly address: DeviceAddress
  /** Site phases on the meter's terminals. */
  readonly rotation: PhaseRotation
  /** Import and export are mirrored by the wiring. */
  readonly reverse: boolean
}

/** One charger: its device, and how it is wired. */
export interface ChargerConfig {
  readonly id: string
  readonly mapping: string
  /** What the mapping leaves to the installer. */
  readonly options: Readonly<Record<string, number | string>>
  readonly address: DeviceAddress
  readonly circuitId: string
  readonly rotation: PhaseRotation
  /** Outlets of the charger, or null: as many as the mapping says. */
  readonly connectors: number | null
  /** Cable or installation limit in A, or null: the mapping's maximum. */
  readonly maxAmps: number | null
  /** What the charger is told to fall back to when the bridge is silent, where it can. */
  readonly failSafeAmps: number
  readonly failSafeAfterSeconds: number
}

/** One identity at a CSMS, with the chargers behind it. */
export interface StationConfig {
  readonly id: string
  /** One with the station's own id, or the members, whose outlets are the connectors 1, 2, ... in this order. */
  readonly chargers: readonly ChargerConfig[]
  /** The station is a group of members; false: it is its one charger. */
  readonly isGroup: boolean
  readonly authorize: AuthorizationWay
  /** The id token of `authorize: free`. */
  readonly freeIdToken: string
  readonly upstreamIds: readonly string[]
  /** Overrides of what the device tells about itself; null: the device's. */
  readonly identity: {
    readonly vendor: string | null
    readonly model: string | null
    readonly serial: string | null
    readonly firmware: string | null
    readonly meterType: string | null
    readonly meterSerial: string | null
  }
  /** Start values by OCPP key as written; checked against the upstream's version. */
  readonly startValues: Readonly<Record<string, string>>
}

export interface UpstreamConfig {
  readonly id: string
  /** Without the station id; it is appended. */
  readonly url: string
  /** Where security profiles 2 and 3 go; null: `url`, with wss:. */
  readonly secureUrl: string | null
  /** `1.6` */
  readonly ocpp: string
  readonly securityProfile: 0 | 1 | 2 | 3
  readonly password: Secret | null
  /** PEM files. */
  readonly certificateAuthorityFile: string | null
  readonly clientCertificateFile: string | null
  readonly clientKeyFile: string | null
  /** Of the keys that the station makes itself. */
  readonly keyType: 'ec' | 'rsa'
  /** OCPP’s AdditionalRootCertificateCheck. */
  readonly additionalRootCheck: boolean
}

export interface WebConfig {
  readonly host: string
  readonly port: number
  /** Only this machine can reach it. */
  readonly loopback: boolean
}

/** What a key of the API may be allowed: present an id, end a session, open a socket. */
export type ApiAction = 'token' | 'stop' | 'unlock'

export interface ApiKeyConfig {
  readonly name: string
  readonly key: Secret
  readonly allow: readonly ApiAction[]
  /** Null: every station. */
  readonly stationIds: readonly string[] | null
}

export interface TransfersConfig {
  /** Private networks (CIDR) that files may go to and come from, besides the CSMS's own address. */
  readonly allow: readonly string[]
  /** PEM file; null: the well-known authorities. */
  readonly certificateAuthorityFile: string | null
}

/** A value that prints as `***` wherever it is shown. */
export class Secret {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The only way to the value; call it where it goes on the wire. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }
}
