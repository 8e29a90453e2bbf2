/** MeterValues as a three-phase charger sends it: about 656 bytes on the wire. */
import type { StationMessage } from '../src/model/csms.ts'
import type { Measurand, Reading } from '../src/model/reading.ts'
import { ocpp16 } from '../src/ocpp/v16/ocpp16.ts'

const CSMS_ID = '123456789'
const TRANSACTION = 'transaction'

function reading(measurand: Measurand, unit: Reading['unit'], value: number, phase: Reading['phase'] = null): Reading {
  return { measurand, unit, value, phase, context: 'Sample.Periodic', location: phase === null ? 'Outlet' : null }
}

export const METER_VALUES: StationMessage = {
  kind: 'meter-values',
  evse: 1,
  transactionId: TRANSACTION,
  samples: [
    {
      at: Date.UTC(2026, 10, 21, 12),
      readings: [
        reading('Energy.Active.Import.Register', 'Wh', 1_284_540),
        reading('Power.Active.Import', 'W', 11_024),
        reading('Current.Import', 'A', 15.98, 'L1'),
        reading('Current.Import', 'A', 15.97, 'L2'),
        reading('Current.Import', 'A', 15.99, 'L3'),
      ],
    },
  ],
}

/** Neutral to OCPP 1.6, with its schema check. */
export function wordMeterValues() {
  return ocpp16.encode(METER_VALUES, { csmsTransactionId: () => CSMS_ID })
}
