/** A mapping after the compiler: all spellings resolved, all numbers in base units. Plain data; the engine only executes it. */
import type { DocumentRead, DocumentWrite, RegisterTable } from '../model/driver.ts'
import type { SignalName } from '../model/signal.ts'
import type { PilotState } from '../model/pilot-state.ts'
import type { DocumentFormat } from './values/document-format.ts'
import type { DocumentPath, Json } from './values/document-path.ts'
import type { Expression } from './values/expression.ts'
import type { ForbiddenRegisters } from './language/forbidden.ts'
import type { Order, ValueType } from './values/number-codec.ts'
import type { OptionDefinition, OptionValue } from './language/options.ts'
import type { Range } from './values/quantity.ts'
import type { SunSpecPlaces } from './language/sunspec-points.ts'
import type { Unit } from './values/unit.ts'
import type { Variant } from './language/variants.ts'

export type Poll = 'fast' | 'slow' | 'once'

export interface Bits {
  readonly high: number
  readonly low: number
}

/** `field`: a place in a document, by its number in `DocumentPlan.fields`. */
export type ReadTable = RegisterTable | 'field'
/** `message`: an order in texts, by its number in `DocumentPlan.messages`. */
export type WriteTable = 'holding' | 'coil' | 'message'

/** What stands at a place: the words of a register, or what a document says: one number, a text or nothing. */
export type Word = number | string | null

/** Where a value lives: a fixed register, or one worked out from the connector number (`n` in the expression). */
export interface Address {
  readonly base: number
  readonly expression: Expression | null
}

export interface ReadPoint {
  /** One, or one per phase. */
  readonly addresses: readonly Address[]
  readonly perPhase: boolean
  readonly table: ReadTable
  readonly type: ValueType
  readonly order: Order
  /** Registers (bits for coils) of one value. */
  readonly words: number
  /** Another unit id than the device's, or null. */
  readonly unitId: number | null
  /** True: not moved from connector to connector. */
  readonly shared: boolean
  readonly bits: Bits | null
  readonly unit: Unit | null
  readonly offset: number
  readonly abs: boolean
  readonly none: readonly (number | string)[]
  readonly range: Range | null
  readonly holdMs: number
  /** Name of the point that this one is multiplied by. */
  readonly times: string | null
  readonly hex: boolean
  readonly strip: string | null
  /** By the raw number, or by the word that a document says. */
  readonly map: ReadonlyMap<number | string, number> | null
  readonly condition: Expression | null
  readonly poll: Poll
  /** Where SunSpec has it; its addresses are known once the device is connected. Null: a plain register. */
  readonly sunspec: SunSpecPlaces | null
}

interface Calculation {
  readonly expression: Expression
  readonly condition: Expression | null
  readonly range: Range | null
}

export type Source =
  | { readonly kind: 'point'; readonly point: ReadPoint }
  | { readonly kind: 'calc'; readonly calculation: Calculation }

export type StateRule =
  | {
      readonly kind: 'values'
      readonly point: ReadPoint
      readonly numbers: ReadonlyMap<number, PilotState>
      readonly texts: ReadonlyMap<string, PilotState>
    }
  /** The first true line wins; null is `otherwise`. */
  | {
      readonly kind: 'rules'
      readonly rules: readonly { readonly state: PilotState; readonly when: Expression | null }[]
    }

export interface FaultName {
  /** OCPP 1.6 ChargePointErrorCode. */
  readonly kind: string
  readonly text: string | null
  /** The maker's own word, or null: the number. */
  readonly name: string | null
}

export interface ErrorRule {
  readonly point: ReadPoint
  readonly values: ReadonlyMap<number, FaultName>
  /** In the order of the file: the first that is set names the fault. */
  readonly bits: readonly { readonly bit: number; readonly fault: FaultName }[]
  /** Bits that are no fault (`none`). */
  readonly quietBits: readonly number[]
}

/** `detect` and `require`. */
export interface Check {
  readonly target:
    | { readonly kind: 'point'; readonly point: ReadPoint }
    | { readonly kind: 'signal'; readonly signal: SignalName }
  readonly range: Range | null
  readonly values: readonly (number | string)[]
  readonly text: string | null
}

export type WriteFunction = 5 | 6 | 15 | 16

export interface WritePoint {
  readonly address: Address
  readonly table: WriteTable
  readonly type: ValueType
  readonly order: Order
  readonly len: number
  readonly functionCode: WriteFunction | null
  /** True: FC 22 changes the bits inside the device. */
  readonly mask: boolean
  readonly unitId: number | null
  readonly shared: boolean
  readonly unit: Unit | null
  readonly offset: number
  /** Written as it is; two values toggle. */
  readonly value: readonly number[] | null
  readonly calc: Expression | null
  readonly bits: Bits | null
  /** One of the two numbers of an order that carries the whole fail-safe; null: an order or register of its own. */
  readonly share: 'current' | 'timeout' | null
  readonly range: Range | null
  /** Points or signals by which the device tells a narrower range. */
  readonly rangeNames: readonly [lowest: string, highest: string] | null
  /** Grid in the base unit, or 0. */
  readonly step: number
  readonly map: ReadonlyMap<number, number> | null
  readonly onChange: boolean
  readonly minGapMs: number
  readonly rewriteMs: number | null
  readonly repeat: number
  readonly wears: boolean
  /** Of a register that wears: writes in 24 hours that do not lower the current. */
  readonly writesPerDay: number | null
  readonly condition: Expression | null
  readonly readback: ReadPoint | null
}

export type Step =
  | { readonly kind: 'write'; readonly point: WritePoint }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'verify'; readonly point: ReadPoint; readonly is: number; readonly withinMs: number }
  | { readonly kind: 'use'; readonly name: 'current' | 'pause' | 'resume' }

export interface FailSafe {
  /** Null: it can only be read. */
  readonly current: WritePoint | null
  readonly timeout: WritePoint | null
  readonly currentReadback: ReadPoint | null
  readonly timeoutReadback: ReadPoint | null
  readonly persist: readonly Step[]
}

export interface KeepAlive {
  /** Fixed period, or a part of the fail-safe time-out in force. */
  readonly every:
    | { readonly kind: 'fixed'; readonly ms: number }
    | { readonly kind: 'timeout'; readonly divisor: number }
  /** What is written; null: any read counts. */
  readonly write: WritePoint | 'failsafe.timeout' | null
}

export interface PhaseSwitch {
  readonly one: readonly Step[]
  readonly three: readonly Step[]
  /** Charging is paused so long before and after; null: the device does that itself. */
  readonly pausedMs: number | null
}

export interface WriteBlock {
  readonly start: readonly Step[]
  readonly stop: readonly Step[]
  readonly current: readonly Step[]
  readonly pause: readonly Step[]
  readonly resume: readonly Step[]
  readonly wake: readonly Step[]
  readonly unlock: readonly Step[]
  readonly reserved: readonly Step[]
  readonly unreserved: readonly Step[]
  readonly phases: PhaseSwitch | null
  readonly failsafe: FailSafe | null
  readonly alive: KeepAlive | null
}

export interface Transport {
  readonly tcpPort: number | null
  readonly serial: { readonly mode: 'rtu' | 'ascii'; readonly baud: number; readonly format: string } | null
  readonly unit: number
  readonly maxRead: number
  /** Where the SunSpec marker may stand; null: the device has plain registers. */
  readonly sunspec: readonly number[] | null
  /** Largest hole that may be read over; null: the cost model decides; 0: none. */
  readonly maxHole: number | null
  readonly pauseMs: number
  readonly timeoutMs: number
  readonly retries: number
  readonly connectDelayMs: number
  readonly clients: number | null
  readonly minGapMs: number
  readonly settleMs: number
}

/** What a device is asked for, and what its answer is. */
export interface DocumentSource {
  /** As paths and examples name it; a topic is its own name. */
  readonly name: string
  readonly request: DocumentRead
  readonly format: DocumentFormat
  /** An answer younger than this is used again, ms. */
  readonly everyMs: number
}

export interface DocumentField {
  readonly source: number
  readonly path: DocumentPath
  /** True: the file names the unit, so the number of a telegram is taken as it stands. */
  readonly asItStands: boolean
}

/** What a device that speaks in texts is asked and told. Its values are numbered as registers are, so that all else is the same. */
export interface DocumentPlan {
  readonly family: 'http' | 'mqtt' | 'udp' | 'telegram'
  /** The family, or the format of telegrams: what an address must lead to. */
  readonly speaks: string
  /** The only kind of login that may be used over HTTP; null: as the device asks. */
  readonly login: 'basic' | 'digest' | null
  readonly sources: readonly DocumentSource[]
  /** By number; those of one document follow each other. */
  readonly fields: ReadonlyMap<number, DocumentField>
  readonly messages: readonly DocumentWrite[]
  /** What the answer to each of them contains when the device obeys, blanks aside; null: any answer. */
  readonly obeyed: readonly (string | null)[]
  /** What comes by itself and is older counts as missing, ms. */
  readonly maxAgeMs: number
  /** The source whose age stands for that of all; null: each for itself. */
  readonly alive: number | null
}

export interface ExampleWrite {
  readonly functionCode: number | null
  readonly address: number
  readonly words: readonly number[]
  readonly unitId: number | null
  readonly table: 'holding' | 'coil' | null
  /** The message of a device that speaks in texts, as `messageText` words it; null: registers. */
  readonly message: string | null
}

export type ExampleCommand =
  | { readonly kind: 'current'; readonly amps: number }
  | { readonly kind: 'pause' | 'wake' | 'unlock' | 'reserved' | 'unreserved' | 'start' | 'stop' }
  | { readonly kind: 'resume'; readonly amps: number | null }
  | { readonly kind: 'phases'; readonly count: 1 | 3 }
  | { readonly kind: 'failsafe'; readonly amps: number; readonly timeoutSeconds: number }
  | { readonly kind: 'alive'; readonly timeoutSeconds: number | null }

export interface Example {
  /** Counted from 1, as messages name it. */
  readonly number: number
  readonly line: number
  readonly connector: number
  /** Which meter and which variant of the file it shows; null: the file as it stands. */
  readonly meter: string | null
  readonly variant: string | null
  readonly options: Readonly<Record<string, OptionValue>>
  readonly given: readonly {
    readonly table: ReadTable
    readonly address: number
    readonly words: readonly Word[]
  }[]
  /** What the device says in texts, by document name. */
  readonly documents: ReadonlyMap<string, Json>
  readonly expect: Readonly<Partial<Record<SignalName, unknown>>>
  readonly command: ExampleCommand | null
  readonly writes: readonly ExampleWrite[] | null
  readonly refused: boolean
}

export interface Mapping {
  /** File stem, e.g. `keba-p30`: the name that site files use. */
  readonly name: string
  readonly file: string
  readonly device: string
  readonly vendor: string
  readonly model: string
  readonly also: readonly string[]
  readonly kind: 'charger' | 'meter'
  readonly sources: readonly string[]
  readonly notes: readonly string[]
  /** Where most of the facts come from; null: the file does not say. */
  readonly status: 'from manual' | 'from public drivers' | null
  /** Users who tried it on the real device. */
  readonly triedBy: number
  /** Which meter and which variant of the file this is; null: the file as it stands. */
  readonly meter: string | null
  readonly variant: string | null
  readonly options: ReadonlyMap<string, OptionDefinition>
  /** Defaults, or what the installer set (`asInstalled`). An option that must be set and is not yet is missing here. */
  readonly optionValues: ReadonlyMap<string, OptionValue>
  /** The first that fits is used once the device is connected. */
  readonly variants: readonly Variant[]
  readonly meters: ReadonlyMap<string, Mapping>
  readonly transport: Transport
  /** Null: a device with registers. */
  readonly documents: DocumentPlan | null
  /** Of registers that an example lists without naming a table. */
  readonly defaultTable: RegisterTable
  readonly never: readonly ForbiddenRegisters[]
  readonly connectors: { readonly count: number | ReadPoint; readonly step: number; readonly unitStep: number }
  readonly identity: { readonly serial: ReadPoint | null; readonly firmware: ReadPoint | null }
  readonly detect: readonly Check[]
  readonly require: readonly Check[]
  readonly points: ReadonlyMap<string, Source>
  /** All but `state` and `error`. */
  readonly signals: ReadonlyMap<SignalName, Source>
  readonly state: StateRule | null
  readonly error: ErrorRule | null
  readonly write: WriteBlock | null
  readonly examples: readonly Example[]
}
