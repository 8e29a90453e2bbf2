/** What an entry of an SMA meter measures, by its index and type ("SMA Energy Meter protocol", 3.3: measured values). */

export interface Quantity {
  readonly unit: string | null
  /** Divides the number on the wire. */
  readonly divisor: number
}

/** An average of the last moments, 4 bytes. */
export const ACTUAL = 4
/** A counter, 8 bytes. */
export const COUNTER = 8

const FREQUENCY = 14
const PHASE_INDEXES = 20
/** Of L3. */
const INDEX_LIMIT = 80

/** Sums are 1 to 14, L1 21 to 33, L2 41 to 53, L3 61 to 73. Null: it is not known what this entry means. */
export function quantityOf(index: number, type: number): Quantity | null {
  if (index > INDEX_LIMIT) return null
  const base = index === FREQUENCY ? index : ((index - 1) % PHASE_INDEXES) + 1
  const unit = powerUnit(base)
  if (unit !== null) return type === COUNTER ? { unit: `${unit}h`, divisor: 3600 } : { unit, divisor: 10 }
  if (type !== ACTUAL) return null
  switch (base) {
    case 11:
      return { unit: 'A', divisor: 1000 }
    case 12:
      return { unit: 'V', divisor: 1000 }
    case 13:
      return { unit: null, divisor: 1000 }
    case FREQUENCY:
      return index === FREQUENCY ? { unit: 'Hz', divisor: 1000 } : null
    default:
      return null
  }
}

/** Drawn and fed in: active, reactive, apparent. */
function powerUnit(base: number): string | null {
  switch (base) {
    case 1:
    case 2:
      return 'W'
    case 3:
    case 4:
      return 'var'
    case 9:
    case 10:
      return 'VA'
    default:
      return null
  }
}
