/** A checked site file: every reference resolved, every quantity in its base unit, secrets read. What the site is built from. */
import type { Strategy } from '../model/balance-input.ts'
import type { Circuit } from '../model/circuit.ts'
import type { PhaseRotation } from '../model/phase.ts'
import type { LimitSource } from '../model/site-limit.ts'
import type { AuthorizationWay } from '../model/station.ts'

export interface SiteConfig {
  readonly name: string
  /** IANA name; for local days in recurring schedules. */
  readonly timezone: string
  readonly circuits: readonly Circuit[]
  readonly meters: readonly MeterConfig[]
  readonly stations: readonly StationConfig[]
  readonly upstreams: readonly UpstreamConfig[]
  readonly balancing: BalancingConfig
  readonly tariff: TariffConfig | null
  readonly demandTarget: DemandTargetConfig | null
  /** The LP plan may guide who waits. */
  readonly plan: boolean
  /** The site's own station at the CSMS. */
  readonly controller: ControllerConfig | null
  readonly signals: readonly SignalConfig[]
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
  /** 1: as everybody; up to 9: higher goes first. */
  readonly priority: number
  /** Rather than less than this, fewer cars charge; null: by the car's phases. */
  readonly softMinAmps: number | null
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

/** How scarce current is shared. */
export interface BalancingConfig {
  readonly strategy: Strategy
  readonly quantumWh: number
  /** Phase to neutral. */
  readonly voltage: number
  /** Of a car of which nothing is known. */
  readonly usualStayMs: number
  readonly usualWh: number
}

/** What a kWh costs when. Every minute of the week has a price. */
export interface TariffConfig {
  /** ISO 4217, for people. */
  readonly currency: string
  /** The first window that holds counts. Over midnight they are two. */
  readonly windows: readonly TariffWindow[]
  readonly demandChargePerKWYear: number | null
}

/** Minutes of the local day, `toMinute` excluded: 0 <= from < to <= 1440. */
export interface TariffWindow {
  readonly fromMinute: number
  readonly toMinute: number
  /** 0: Sunday. */
  readonly days: readonly number[]
  /** Per kWh; may be negative. */
  readonly price: number
}

/** Quarter-hour mean that policy tries to stay under, on a metered circuit. */
export interface DemandTargetConfig {
  readonly circuitId: string
  readonly watts: number
}

export interface ControllerConfig {
  /** OCPP identity; no station has it. */
  readonly identity: string
  readonly upstreamIds: readonly string[]
  /** By key as written. */
  readonly startValues: Readonly<Record<string, string>>
}

/** Where limits for a circuit come from. */
export interface SignalConfig {
  readonly id: string
  readonly source: LimitSource
  readonly circuitId: string
  readonly priority: number
  /** How long what was said holds; null: until it is taken back. Always null at a contact. */
  readonly expiresMs: number | null
  readonly way: SignalWay
}

export type SignalWay = ContactWay | MqttWay | ApiWay

/** A relay or ripple-control contact that a Modbus device reads. Exactly one of `carsMaxWatts`, `maxAmps`, `section14a` says what it limits to. */
export interface ContactWay {
  readonly kind: 'contact'
  readonly address: DeviceAddress
  readonly table: 'discrete' | 'coil' | 'input' | 'holding'
  /** Address as on the wire, from 0. */
  readonly at: number
  /** Bit 0 to 15 of a register; null: any value but 0 is active (registers), or no register. */
  readonly bit: number | null
  /** A break contact: open is active. */
  readonly inverted: boolean
  readonly carsMaxWatts: number | null
  /** Per phase, for all on the circuit. */
  readonly maxAmps: number | null
  readonly section14a: boolean
}

export interface MqttWay {
  readonly kind: 'mqtt'
  readonly address: DeviceAddress
  readonly topic: string
}

/** Whoever has a key with `limit` says it over the API. */
export interface ApiWay {
  readonly kind: 'api'
}

/**
 * What a key of the API may be allowed: present an id, end a session, open a socket; set limits, the site's parameters, a driver's wishes.
 */
export const API_ACTIONS = ['token', 'stop', 'unlock', 'limit', 'parameters', 'wishes'] as const
export type ApiAction = (typeof API_ACTIONS)[number]

export interface ApiKeyConfig {
  readonly name: string
  readonly key: Secret
  readonly allow: readonly ApiAction[]
  /** Null: every station. */
  readonly stationIds: readonly string[] | null
  /** Whose limits it may set and take back; null: of every signal that the API may set. */
  readonly signalIds: readonly string[] | null
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
