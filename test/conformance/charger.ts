/**
 * The charger of the conformance cases, on a real Modbus socket: small, so that hours pass quickly, and with all that OCPP can ask for
 * (reader, lock, faults). Its mapping lies beside the site file, as a person's own mapping does.
 */
import { loadMapping, SimulatedCharger, type SimulatedConnector, simulateDevice } from '../../src/mapping/index.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { DeviceServer, RegisterBank } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { registry } from '../chain/chain.ts'

const UNLOCK = 101

/** A box with a socket and a lock; `fixed-cable` has neither, and no reader. */
export type ChargerKind = 'socket' | 'fixed-cable'

export function chargerMapping(kind: ChargerKind): string {
  const socket = kind === 'socket'
  return `device: Conformance ${kind}
kind: charger
note: the charger of test/conformance
modbus: {tcp: 502, unit: 1}
defaults: {table: holding, type: u16}
state: {at: 0, A: 1, B: 2, C: 3, F: 9}
read:
  current: {at: [10, 11, 12], unit: 0.1 A}
  voltage: {at: [13, 14, 15], unit: V}
  power:   {at: 16, type: u32, unit: W}
  energy:  {at: 18, type: u32, unit: Wh}
  ${socket ? 'tag:     {at: 20, type: u32, as: hex, none: 0}' : ''}
  error:
    at: 22
    as: hex
    none: 0
    map:
      0x0001: {code: ConnectorLockFailure, text: The plug could not be locked}
      0x0002: {code: PowerSwitchFailure, text: The contactor is welded}
  limit:   {at: 23, unit: 0.1 A}
write:
  current: {at: 100, unit: 0.1 A, range: 6..32 A}
  pause:   {at: 100, value: 0}
  resume:  [current]
  ${socket ? `unlock:  [{at: 100, value: 0}, {at: ${UNLOCK}, value: 1}]` : ''}
`
}

export class Charger {
  readonly connector: SimulatedConnector
  readonly car: SimulatedCharger
  readonly url: string
  /** Its lock is jammed. */
  jammed = false
  readonly #server: DeviceServer

  static async open(kind: ChargerKind, clock: Clock): Promise<Charger> {
    const loaded = loadMapping(chargerMapping(kind), `${kind}.yaml`)
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
    const device = simulateDevice(loaded.mapping, { clock })
    const [connector] = device.connectors
    if (connector === undefined) throw new Error('a charger without a connector')
    const lock = { jammed: (): boolean => false }
    const units = new Map([...device.units].map(([unit, bank]) => [unit, withLock(bank, lock)]))
    const options = { clock, serial: null, answerDelayMs: 0 }
    const server = await registry.serverOf('tcp://127.0.0.1:0').listen('tcp://127.0.0.1:0', units, options)
    const charger = new Charger(connector, clock, server)
    lock.jammed = () => charger.jammed
    return charger
  }

  private constructor(connector: SimulatedConnector, clock: Clock, server: DeviceServer) {
    this.connector = connector
    this.car = new SimulatedCharger(connector, { clock, followDelayMs: 500 })
    this.#server = server
    this.url = server.url
  }

  get offeredAmps(): number {
    return this.car.offeredAmps
  }

  get unlocks(): number {
    return this.connector.orders.unlocks
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

function withLock(bank: RegisterBank, lock: { readonly jammed: () => boolean }): RegisterBank {
  return {
    read: (request) => bank.read(request),
    write: (request) => {
      if (request.address === UNLOCK && lock.jammed())
        throw new BridgeError('DEVICE_EXCEPTION', 'the lock is jammed', { details: { exceptionCode: 4 } })
      bank.write(request)
    },
  }
}
