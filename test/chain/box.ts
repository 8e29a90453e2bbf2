/**
 * A charger of the chain tests: its mapping in reverse behind a real Modbus server, with a car, and with all that can go wrong at its
 * registers. The set-point registers are watched by their addresses here and not by the mapping: a second opinion.
 */
import {
  SimulatedCharger,
  type SimulatedConnector,
  simulateDevice,
  type SimulatedDevice,
} from '../../src/mapping/index.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { RegisterBank, RegisterWrite } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { PhaseRotation } from '../../src/model/phase.ts'
import type { Registry } from '../../src/site/facade.ts'

/** What goes wrong at the registers of a box. */
export type BoxFault =
  /** Its set-points are refused with exception 4. */
  | 'refuses'
  /** It acknowledges set-points and does nothing. */
  | 'ignores'
  /** It hears nothing and answers nothing. */
  | 'silent'

interface OrderRegisters {
  /** Where a current is written, and amperes per unit of its (whole) value. */
  readonly currents: readonly { readonly address: number; readonly amps: number }[]
  /** All that makes it obey: set-point, release. */
  readonly orders: readonly number[]
}

const ORDER_REGISTERS: Readonly<Record<string, OrderRegisters>> = {
  'keba-p30': {
    currents: [
      { address: 5004, amps: 0.001 },
      { address: 5016, amps: 0.001 },
    ],
    orders: [5004, 5014],
  },
  'abb-terra-ac': {
    currents: [
      { address: 0x4100, amps: 0.001 },
      { address: 0x4109, amps: 1 },
    ],
    orders: [0x4100],
  },
  'heidelberg-energy-control': {
    currents: [
      { address: 261, amps: 0.1 },
      { address: 262, amps: 0.1 },
    ],
    orders: [261],
  },
}

export interface OrderWrite {
  readonly at: number
  readonly address: number
  readonly amps: number
}

export class Box {
  readonly id: string
  readonly mapping: string
  readonly unit: number
  readonly rotation: PhaseRotation
  readonly device: SimulatedDevice
  readonly connector: SimulatedConnector
  readonly charger: SimulatedCharger
  /** For a server; a box that is silent or off is not in it. */
  readonly units: Map<number, RegisterBank>
  /** Every current that was ever written to it, refused ones too. */
  readonly currents: OrderWrite[] = []
  /** As they came: `read 5` or `write 261`. */
  readonly requests: string[] = []
  /** What its energy register shows too much. */
  energyShiftWh = 0
  readonly #clock: Clock
  readonly #registers: OrderRegisters
  #fault: BoxFault | null = null

  constructor(options: {
    readonly id: string
    readonly mapping: string
    readonly registry: Registry
    readonly clock: Clock
    readonly rotation: PhaseRotation
    readonly unit?: number
    /** Of a bus that it shares with others. */
    readonly units?: Map<number, RegisterBank>
    readonly followDelayMs?: number
  }) {
    const { id, mapping, registry, clock, rotation, unit } = options
    this.id = id
    this.mapping = mapping
    this.rotation = rotation
    this.units = options.units ?? new Map()
    this.#clock = clock
    this.#registers = ORDER_REGISTERS[mapping] ?? { currents: [], orders: [] }
    this.device = simulateDevice(registry.mappings.load(mapping), { clock, ...(unit === undefined ? {} : { unit }) })
    const [connector] = this.device.connectors
    if (connector === undefined) throw new Error(`${mapping} has no connector`)
    this.connector = connector
    this.charger = new SimulatedCharger(connector, { clock, followDelayMs: options.followDelayMs ?? 500 })
    this.unit = [...this.device.units.keys()][0] ?? 1
    this.fault = null
  }

  get fault(): BoxFault | null {
    return this.#fault
  }

  set fault(fault: BoxFault | null) {
    this.#fault = fault
    for (const [unit, bank] of this.device.units) {
      if (fault === 'silent') this.units.delete(unit)
      else this.units.set(unit, this.#watched(bank))
    }
  }

  tick(): void {
    this.charger.tick()
    if (this.energyShiftWh !== 0) this.connector.set({ energy: this.charger.energyWh + this.energyShiftWh })
  }

  /** Per site phase. */
  draws(phase: 'L1' | 'L2' | 'L3'): number {
    const terminal = this.rotation.indexOf(phase)
    return this.connector.shown.current?.[terminal] ?? 0
  }

  /** The words of a register as they stand in the box. */
  register(address: number, count = 1, table: 'holding' | 'input' = 'holding'): readonly number[] {
    const bank = this.device.units.get(this.unit)
    return bank?.read({ kind: 'registers', unit: this.unit, table, address, count }) ?? []
  }

  #watched(bank: RegisterBank): RegisterBank {
    return {
      read: (request) => {
        this.requests.push(`read ${request.address}`)
        return bank.read(request)
      },
      write: (request) => {
        this.#note(request)
        const orders = this.#registers.orders.includes(request.address)
        if (orders && this.#fault === 'refuses')
          throw new BridgeError('DEVICE_EXCEPTION', 'as the test says', { details: { exceptionCode: 4 } })
        if (orders && this.#fault === 'ignores') return
        bank.write(request)
      },
    }
  }

  #note(request: RegisterWrite): void {
    this.requests.push(`write ${request.address}`)
    const current = this.#registers.currents.find(({ address }) => address === request.address)
    if (current === undefined) return
    const value = request.words.reduce((high, word) => high * 65_536 + word, 0)
    this.currents.push({ at: this.#clock.monotonic(), address: request.address, amps: value * current.amps })
  }
}

/** Orders that no charger may ever get (IEC 61851-1 A.4). */
export function forbidden(box: Box): readonly OrderWrite[] {
  return box.currents.filter(({ amps }) => amps > 0 && amps < 6 - 1e-9)
}
