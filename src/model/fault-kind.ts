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
