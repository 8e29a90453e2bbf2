import { evaluate } from './expression.ts'
import type { Address, Mapping, ReadPoint, ReadTable, WritePoint } from '../mapping.ts'

/** One value on the wire. */
export interface Place {
  readonly unit: number
  readonly table: ReadTable
  readonly address: number
  readonly count: number
}

/** Name of a place; two points that read the same registers share it. */
export function placeKey(place: Place): string {
  return `${place.unit}/${place.table}/${place.address}/${place.count}`
}

/** False where an option or the connector has moved a value past the registers that there are. */
export function isPossible({ address, count }: Pick<Place, 'address' | 'count'>): boolean {
  return address >= 0 && address + count <= 65_536
}

/** Places of a point for one connector (counted from 1): one, or one per phase. */
export function placesOf(point: ReadPoint, mapping: Mapping, unit: number, connector: number): readonly Place[] {
  return point.addresses.map((address) => ({
    unit: unitOf(point, mapping, unit, connector),
    table: point.table,
    address: registerOf(address, point.shared, mapping, connector),
    count: point.words,
  }))
}

/** Where a write goes. */
export function writePlaceOf(
  point: WritePoint,
  mapping: Mapping,
  unit: number,
  connector: number,
): { readonly unit: number; readonly address: number } {
  return {
    unit: unitOf(point, mapping, unit, connector),
    address: registerOf(point.address, point.shared, mapping, connector),
  }
}

function unitOf(
  point: { readonly unitId: number | null; readonly shared: boolean },
  mapping: Mapping,
  unit: number,
  connector: number,
): number {
  if (point.unitId !== null) return point.unitId
  return point.shared ? unit : unit + (connector - 1) * mapping.connectors.unitStep
}

function registerOf(address: Address, shared: boolean, mapping: Mapping, connector: number): number {
  if (address.expression !== null) {
    const value = evaluate(address.expression, (name) => {
      const option = name === 'n' ? connector : mapping.optionValues.get(name)
      return typeof option === 'number' ? option : null
    })
    return typeof value === 'number' ? Math.trunc(value) : -1
  }
  return shared ? address.base : address.base + (connector - 1) * mapping.connectors.step
}
