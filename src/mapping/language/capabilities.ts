import type { DeviceCapabilities, DeviceCommandKind } from '../../model/device.ts'
import { SIGNALS } from '../../model/signal.ts'
import { gridOfCalculation } from '../values/calculated-current.ts'
import { LOWEST_AMPS, stepOf } from '../values/encode.ts'
import type { Mapping, WritePoint } from '../mapping.ts'
import { hasSignal } from './names.ts'
import type { Range } from '../values/quantity.ts'
import { writesOf } from './safety.ts'

/** What the mapping offers, known without a device. */
export function capabilitiesOf(mapping: Mapping): DeviceCapabilities {
  const write = mapping.write
  const setPoints = writesOf(write?.current ?? []).filter((point) => point.value === null)
  const [setPoint] = setPoints
  const commands: DeviceCommandKind[] = []
  if (write !== null) {
    if (setPoint !== undefined) commands.push('current')
    for (const kind of ['pause', 'resume', 'wake', 'unlock', 'reserved', 'unreserved'] as const)
      if (write[kind].length > 0) commands.push(kind)
    if (write.phases !== null) commands.push('phases')
    if ((write.failsafe?.current ?? write.failsafe?.timeout ?? null) !== null) commands.push('failsafe')
  }
  const tag = mapping.signals.get('tag')
  return {
    kind: mapping.kind,
    signals: SIGNALS.filter((signal) => hasSignal(mapping, signal)),
    commands,
    ...(tag?.kind === 'point' && tag.point.shared ? { sharedReader: true } : {}),
    current: setPoint === undefined || setPoint.range === null ? null : currentOf(mapping, setPoints, setPoint.range),
    failSafe: commands.includes('failsafe'),
    fedByReads: write?.alive?.write === null,
    settleMs: mapping.transport.settleMs,
  }
}

/** The grid on which every order is exact, in the worst case: its coarsest line. */
function currentOf(
  mapping: Mapping,
  setPoints: readonly WritePoint[],
  range: Range,
): NonNullable<DeviceCapabilities['current']> {
  const grids = setPoints.flatMap((point) => gridOfCalculation(mapping, point) ?? [])
  const minAmps = Math.max(LOWEST_AMPS, range.min, ...grids.map((grid) => grid.minAmps))
  const step = Math.max(0, ...setPoints.map(stepOf))
  const count = Math.max(0, ...grids.map((grid) => grid.stepAmps))
  // A bit coarser than one count, so that the smallest current lies on the grid.
  const stepAmps = count > step ? minAmps / Math.floor(minAmps / count + 1e-6) : step
  return { minAmps, maxAmps: range.max, stepAmps: stepAmps === 0 ? 0.1 : stepAmps }
}
