import type { Clock } from '../../model/clock.ts'
import type { DocumentBank, RegisterBank, RegisterRead, RegisterTable, RegisterWrite } from '../../model/driver.ts'
import { BridgeError } from '../../model/errors.ts'
import type { SignalValues } from '../../model/signal.ts'
import { documentBank } from './document-bank.ts'
import type { DocumentWorld } from './document-bank.ts'
import type { Mapping } from '../mapping.ts'
import { SimulatedConnector } from './simulated-connector.ts'
import { SimulatedHearing } from './simulated-hearing.ts'
import { simulatedPlaces, SimulatedImage } from './simulated-image.ts'
import { SimulatedRegisters } from './simulated-registers.ts'
import { showChain } from './simulated-sunspec.ts'
import { showVariant } from './simulated-variant.ts'
import { asImagined } from '../device/sunspec.ts'

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
  /** Which variant of the mapping it is; the first whose fingerprint can be shown when left out. */
  readonly variant?: string
  /** True: behind a real wire. Requests that the real device would not hear get no answer (`SimulatedHearing`). */
  readonly wired?: boolean
}

/** A mapping in reverse. Serve `units` behind a real server, or hand them to a `memoryLink`. */
export interface SimulatedDevice {
  readonly mapping: Mapping
  /** Empty for a device that speaks in texts. */
  readonly units: ReadonlyMap<number, RegisterBank>
  /** Null for a device with registers. */
  readonly documents: DocumentBank | null
  /** The world's side of each outlet: what its registers show, what it was ordered. */
  readonly connectors: readonly SimulatedConnector[]
  /** Sets a signal of the first connector (meters have only one). */
  set(values: Partial<SignalValues>): void
  setFault(fault: SimulatedFault | null): void
}

/**
 * Registers are filled from the file's own examples; everything else reads 0 where a point is and refuses where none is. Of a mapping with
 * variants it is one of them. Throws MAPPING_INVALID when there is no such variant, or no registers by which the bridge would know it.
 */
export function simulateDevice(mapping: Mapping, options: SimulatorOptions): SimulatedDevice {
  if (mapping.variants.length === 0) return simulateOne(mapping, options, () => undefined)
  for (const variant of mapping.variants) {
    if (options.variant !== undefined && options.variant !== variant.name) continue
    let isShown = false
    const device = simulateOne(variant.mapping, options, (imageOf, unit) => {
      const { clock } = options
      const seen = asImagined(mapping)
      const registers = new SimulatedRegisters({ mapping: seen, unit, connector: 1, imageOf, clock })
      isShown = showVariant(seen, variant, registers)
    })
    if (isShown) return device
  }
  const which = options.variant === undefined ? 'any variant' : `the variant "${options.variant}"`
  throw new BridgeError('MAPPING_INVALID', `${mapping.device}: no registers were found that show ${which}`)
}

/** `prepare` may change the registers before anybody reads them. */
function simulateOne(
  file: Mapping,
  options: SimulatorOptions,
  prepare: (imageOf: (unit: number) => SimulatedImage, unit: number) => void,
): SimulatedDevice {
  const mapping = asImagined(file)
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
  const connectors: readonly SimulatedConnector[] = Array.from(
    { length: count },
    (_, index) =>
      new SimulatedConnector({
        mapping,
        unit,
        connector: index + 1,
        imageOf,
        clock: options.clock,
        others: () => connectors,
      }),
  )
  if (file.transport.sunspec !== null) showChain(file, imageOf(unit))
  prepare(imageOf, unit)
  let fault: SimulatedFault | null = null
  const hearing = options.wired === true ? new SimulatedHearing(mapping, options.clock) : null
  /** Function 22 reads and writes in one request. */
  let changing = Number.NaN
  const listen = (): void => {
    if (hearing !== null && !hearing.hears())
      throw new BridgeError('DEVICE_TIMEOUT', `${mapping.device} did not hear the request`)
    for (const connector of connectors) connector.heard()
  }
  const units = new Map<number, RegisterBank>()
  for (const [id, image] of mapping.documents === null ? images : []) {
    units.set(id, {
      read: (request) => {
        listen()
        changing = request.address
        refuse(fault, request)
        if (request.count > mapping.transport.maxRead && request.table !== 'coil' && request.table !== 'discrete')
          throw exception(3, 'more registers than the device gives')
        const words = image.read(request)
        return fault?.kind === 'zeros' ? words.map(() => 0) : words
      },
      write: (request) => {
        if (request.functionCode !== null || request.address !== changing) listen()
        changing = Number.NaN
        refuse(fault, { ...request, count: request.words.length })
        const orders = connectors.map((connector) => connector.understand(id, request))
        if (orders.every((order) => order === 'unknown'))
          throw exception(2, `${request.table} register ${request.address} cannot be written`)
        if (orders.includes('strange')) throw exception(1, `function ${request.functionCode} is not known here`)
        if (orders.includes('refused')) throw exception(3, 'the value is outside what the device accepts')
        if (hearing !== null && !hearing.obeys()) return
        image.write(request)
        for (const connector of connectors) connector.obey(id, request)
      },
    })
  }
  const world: DocumentWorld = {
    word: (field) => imageOf(unit).get('field', field),
    heard: () => {
      for (const connector of connectors) connector.heard()
    },
    order: (message, value) => {
      const order = { table: 'message', address: message, words: [value], functionCode: null } as const
      const verdicts = connectors.map((connector) => connector.understand(unit, order))
      if (verdicts.includes('refused')) return 'refused'
      if (verdicts.every((verdict) => verdict === 'unknown' || verdict === 'strange')) return 'unknown'
      imageOf(unit).write(order)
      for (const connector of connectors) connector.obey(unit, order)
      return 'taken'
    },
  }
  const bank = mapping.documents === null ? null : documentBank(mapping, mapping.documents, world)
  return {
    mapping,
    units,
    documents:
      bank === null ? null : { ...bank, answer: (request) => (fault === null ? bank.answer(request) : BROKEN) },
    connectors,
    set: (values) => connectors[0]?.set(values),
    setFault: (next) => {
      fault = next
    },
  }
}

const BROKEN = { status: 500, body: 'as ordered by the test' }

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
