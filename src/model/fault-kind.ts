/**
 * Kinds of faults that a mapping may name. The words are the ChargePointErrorCodes of OCPP 1.6 §7.6 without NoError: they are what electricians
 * and operators know; a later version folds them into its own.
 */
export const FAULT_KINDS = [
  'ConnectorLockFailure',
  'EVCommunicationError',
  'GroundFailure',
  'HighTemperature',
  'InternalError',
  'LocalListConflict',
  'OtherError',
  'OverCurrentFailure',
  'OverVoltage',
  'PowerMeterFailure',
  'PowerSwitchFailure',
  'ReaderFailure',
  'ResetFailure',
  'UnderVoltage',
  'WeakSignal',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** What a person is told where a mapping has no words of its own. */
export const FAULT_SENTENCES: Readonly<Record<FaultKind, string>> = {
  ConnectorLockFailure: 'The plug could not be locked or unlocked',
  EVCommunicationError: 'Communication with the vehicle failed',
  GroundFailure: 'Residual current or earth fault',
  HighTemperature: 'The charger is too hot',
  InternalError: 'Internal error of the charger',
  LocalListConflict: 'The local list differs from the CSMS',
  OtherError: 'The charger reports a fault',
  OverCurrentFailure: 'The vehicle draws too much current',
  OverVoltage: 'The supply voltage is too high',
  PowerMeterFailure: 'The energy meter is faulty',
  PowerSwitchFailure: 'The contactor does not switch as ordered',
  ReaderFailure: 'The card reader is faulty',
  ResetFailure: 'The charger could not restart',
  UnderVoltage: 'The supply voltage is too low',
  WeakSignal: 'The radio signal is weak',
}

/** Longest sentence that every CSMS shows whole (OCPP 1.6 §6.47: `info` has 50 characters). */
export const MAX_FAULT_TEXT = 50
