import type { MappedDevice } from './mapped-device.ts'
import { LateDevice } from './late-device.ts'
import type { Mapping } from '../mapping.ts'
import { namesOfRule, pickVariant } from '../language/variants.ts'
import type { Fingerprint, Variant } from '../language/variants.ts'

/**
 * A device whose mapping has variants: which one it is is asked at every connect. One that fits none is read by the file as it stands, and
 * nothing is written to it.
 */
export function variantDevice(file: Mapping, make: (mapping: Mapping) => MappedDevice): MappedDevice {
  // Without its writes: it asks for the fingerprint, and reads a device that fits no variant.
  const reading = make({ ...file, write: null, variants: [] })
  const names = new Set(file.variants.flatMap(namesOfRule))
  const devices = new Map<Variant, MappedDevice>()
  return new LateDevice(file, make({ ...file, variants: [] }), async (signal) => {
    const fingerprint = await reading.fingerprint(names, signal)
    const variant = pickVariant(file.variants, fingerprint)
    if (variant === null) return { device: reading, strange: describe(file, fingerprint, [...names]), warnings: [] }
    const device = devices.get(variant) ?? make(variant.mapping)
    devices.set(variant, device)
    return { device, strange: null, warnings: [] }
  })
}

function describe(file: Mapping, { firmware, valueOf }: Fingerprint, names: readonly string[]): string {
  const shown = [
    ...(file.identity.firmware === null ? [] : [`firmware ${firmware ?? 'unreadable'}`]),
    ...names.map((name) => `${name} ${String(valueOf(name) ?? 'unreadable')}`),
  ].join(', ')
  return `${file.device}: ${shown} fits no variant of the mapping, so it is only read and nothing is written`
}
