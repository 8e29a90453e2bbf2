import type { Clock } from '../model/clock.ts'
import type { RegisterBank, RegisterRead, RegisterTable, RegisterWrite } from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import type { SignalValues } from '../model/signal.ts'
import type { Mapping } from './mapping.ts'
import { SimulatedConnector } from './simulated-connector.ts'
import { simulatedPlaces, SimulatedImage } from './simulated-image.ts'

/** What a simulated device does wrong, for tests: refuses, or shows zeros as after a reboot. */
type SimulatedFault =
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'refused-register'; readonly table: RegisterTable; readonly address: number }
  | { readonly kind: 'zeros' }

export interface SimulatorOptions {
  readonly clock: Clock
  /** Unit id of the first connector; the mapping's own when left out. */
  readonly unit?: number
  readonly connectors?: number
}

/** A mapping in reverse. Serve `units` behind a real server, or hand them to a `memoryLink`. */
export interface SimulatedDevice {
  readonly mapping: Mapping
  readonly units: ReadonlyMap<number, RegisterBank>
  /** The world's side of each outlet: what its registers show, what it was ordered. */
  readonly connectors: readonly SimulatedConnector[]
  /** Sets a signal of the first connector (meters have only one). */
  set(values: Partial<SignalValues>): void
  setFault(fault: SimulatedFault | null): void
}

/** Registers are filled from the file's own examples; everything else reads 0 where a point is and refuses where none is. */
export function simulateDevice(mapping: Mapping, options: SimulatorOptions): SimulatedDevice {
  const unit = options.unit ?? mapping.transport.unit
  const declared = mapping.connectors.count
  const count = options.connectors ?? (typeof declared === 'number' ? declared : 1)
  const images = new Map<number, SimulatedImage>()
  for (const place of simulatedPlaces(mapping, unit, count)) {
    const image = images.get(place.unit) ?? new SimulatedImage()
    images.set(place.unit, image)
    image.add(place, mapping.examples)
  }
  const imageOf = (id: number): SimulatedImage => {
    const image = images.get(id) ?? new SimulatedImage()
    images.set(id, image)
    return image
  }
  const connectors = Array.from(
    { length: count },
    (_, index) => new SimulatedConnector({ mapping, unit, connector: index + 1, imageOf, clock: options.clock }),
  )
  let fault: SimulatedFault | null = null
  const units = new Map<number, RegisterBank>()
  for (const [id, image] of images) {
    units.set(id, {
      read: (request) => {
        for (const connector of connectors) connector.heard()
        refuse(fault, request)
        if (request.count > mapping.transport.maxRead && request.table !== 'coil' && request.table !== 'discrete')
          throw exception(3, 'more registers than the device gives')
        const words = image.read(request)
        return fault?.kind === 'zeros' ? words.map(() => 0) : words
      },
      write: (request) => {
        for (const connector of connectors) connector.heard()
        refuse(fault, { ...request, count: request.words.length })
        const orders = connectors.map((connector) => connector.understand(id, request))
        if (orders.every((order) => order === 'unknown'))
          throw exception(2, `${request.table} register ${request.address} cannot be written`)
        if (orders.includes('refused')) throw exception(3, 'the value is outside what the device accepts')
        image.write(request)
        for (const connector of connectors) connector.obey(id, request)
      },
    })
  }
  return {
    mapping,
    units,
    connectors,
    set: (values) => connectors[0]?.set(values),
    setFault: (next) => {
      fault = next
    },
  }
}

function refuse(
  fault: SimulatedFault | null,
  request: Pick<RegisterRead | RegisterWrite, 'table' | 'address'> & { readonly count: number },
): void {
  if (fault?.kind === 'exception') throw exception(fault.code, 'as ordered by the test')
  if (fault?.kind !== 'refused-register' || fault.table !== request.table) return
  if (fault.address >= request.address && fault.address < request.address + request.count)
    throw exception(2, `register ${fault.address} is not there`)
}

function exception(code: number, text: string): BridgeError {
  return new BridgeError('DEVICE_EXCEPTION', text, { details: { exceptionCode: code } })
}
