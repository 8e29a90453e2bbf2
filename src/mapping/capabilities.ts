import type { DeviceCapabilities, DeviceCommandKind } from '../model/device.ts'
import { SIGNALS } from '../model/signal.ts'
import { LOWEST_AMPS, stepOf } from './encode.ts'
import type { Mapping } from './mapping.ts'
import { hasSignal } from './names.ts'
import { writesOf } from './safety.ts'

/** What the mapping offers, known without a device. */
export function capabilitiesOf(mapping: Mapping): DeviceCapabilities {
  const write = mapping.write
  const setPoint = writesOf(write?.current ?? []).find((point) => point.value === null)
  const commands: DeviceCommandKind[] = []
  if (write !== null) {
    if (setPoint !== undefined) commands.push('current')
    for (const kind of ['pause', 'resume', 'wake', 'unlock'] as const) if (write[kind].length > 0) commands.push(kind)
    if (write.phases !== null) commands.push('phases')
    if ((write.failsafe?.current ?? write.failsafe?.timeout ?? null) !== null) commands.push('failsafe')
  }
  const step = setPoint === undefined ? 0 : stepOf(setPoint)
  return {
    kind: mapping.kind,
    signals: SIGNALS.filter((signal) => hasSignal(mapping, signal)),
    commands,
    current:
      setPoint === undefined || setPoint.range === null
        ? null
        : {
            minAmps: Math.max(LOWEST_AMPS, setPoint.range.min),
            maxAmps: setPoint.range.max,
            stepAmps: step === 0 ? 0.1 : step,
          },
    failSafe: commands.includes('failsafe'),
    fedByReads: write?.alive?.write === null,
    settleMs: mapping.transport.settleMs,
  }
}
