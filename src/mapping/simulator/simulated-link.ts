import type { Clock } from '../../model/clock.ts'
import type { Link } from '../../model/driver.ts'
import { memoryDocuments } from '../examples/memory-documents.ts'
import { memoryLink } from '../examples/memory-link.ts'
import type { SimulatedDevice } from './simulator.ts'

/** A link without a wire to a simulated device, whatever it speaks. */
export function simulatedLink(device: SimulatedDevice, clock: Clock): Link {
  return device.documents === null ? memoryLink(device.units) : memoryDocuments(device.documents, clock)
}
