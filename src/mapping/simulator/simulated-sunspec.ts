import type { Mapping } from '../mapping.ts'
import type { SimulatedImage } from './simulated-image.ts'
import { imaginedChain, MARKER } from '../device/sunspec.ts'
import { SUNSPEC_MODELS } from '../values/sunspec-models.ts'

/** Powers of ten that let a simulated device show amperes to 0.01, volts and degrees to 0.1. */
const EXPONENTS: Readonly<Record<string, number>> = {
  A_SF: -2,
  V_SF: -1,
  Hz_SF: -2,
  PF_SF: -2,
  DCA_SF: -2,
  DCV_SF: -1,
  Tmp_SF: -1,
}

/** Puts the list of models into the registers, and scale factors where no example of the file has them. */
export function showChain(file: Mapping, image: SimulatedImage): void {
  const { base, models } = imaginedChain(file)
  image.set('holding', base, MARKER)
  let end = base + MARKER.length
  for (const { id, address, length } of models) {
    image.set('holding', address, [id, length])
    end = address + 2 + length
    for (const [name, point] of SUNSPEC_MODELS.get(id) ?? []) {
      const at = address + point.offset
      if (point.isScaleFactor && point.offset < length + 2 && !isGiven(file, at))
        image.set('holding', at, [(EXPONENTS[name] ?? 0) & 0xffff])
    }
  }
  image.set('holding', end, [0xffff, 0])
}

function isGiven(file: Mapping, register: number): boolean {
  return file.examples.some(({ given }) =>
    given.some(
      ({ table, address, words }) => table === 'holding' && register >= address && register < address + words.length,
    ),
  )
}
