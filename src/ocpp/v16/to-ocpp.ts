/** Neutral messages and answers in OCPP 1.6's words. Everything that leaves is checked against the official schema. */
import type { CompositeSchedule } from '../../model/charging-profile.ts'
import type { StationMessage } from '../../model/csms.ts'
import type { CsmsRequest, CsmsResponse } from '../../model/csms-request.ts'
import { BridgeError } from '../../model/errors.ts'
import type { EncodeContext, WireCall } from '../../model/ocpp-version.ts'
import type { DeviceFault } from '../../model/signal.ts'
import { formatDateTime } from './date-time.ts'
import { keyOfSetting } from './keys.ts'
import { meterValues } from './meter-value.ts'
import { ciString, ciStringEnd, idTag } from './text.ts'
import { assertSchema } from './validate.ts'
import { ERROR_CODES, STATUS_WORDS, STOP_REASON_WORDS, pascalCase } from './words.ts'

/** The action that carries a message up. */
export const ACTION_OF_MESSAGE: Readonly<Record<StationMessage['kind'], string>> = {
  boot: 'BootNotification',
  heartbeat: 'Heartbeat',
  status: 'StatusNotification',
  authorize: 'Authorize',
  'transaction-started': 'StartTransaction',
  'transaction-ended': 'StopTransaction',
  'meter-values': 'MeterValues',
  'data-transfer': 'DataTransfer',
}

/** Throws FRAME_INVALID for what OCPP 1.6 cannot carry. */
export function encode(message: StationMessage, context: EncodeContext): WireCall {
  const action = ACTION_OF_MESSAGE[message.kind]
  const payload = checkedDates(action, () => payloadOf(message, context))
  assertSchema(`${action}.req`, payload, 'our')
  return { action, payload }
}

function payloadOf(message: StationMessage, context: EncodeContext): object {
  switch (message.kind) {
    case 'boot': {
      const { vendor, model, serial, firmware } = message.identity
      return {
        chargePointVendor: ciString(vendor, 20) || 'unknown',
        chargePointModel: ciString(model, 20) || 'unknown',
        ...optional('chargePointSerialNumber', serial === null ? '' : ciStringEnd(serial, 25)),
        ...optional('firmwareVersion', firmware === null ? '' : ciString(firmware, 50)),
      }
    }
    case 'heartbeat':
      return {}
    case 'status':
      return statusPayload(message)
    case 'authorize':
      return { idTag: idTag(message.idToken) }
    case 'transaction-started':
      return {
        connectorId: message.evse,
        idTag: idTag(message.idToken),
        meterStart: wholeWh(message.meterWh),
        timestamp: formatDateTime(message.at),
      }
    case 'transaction-ended': {
      const transactionData = meterValues(message.samples)
      return {
        ...(message.idToken === null ? {} : { idTag: idTag(message.idToken) }),
        meterStop: wholeWh(message.meterWh),
        timestamp: formatDateTime(message.at),
        transactionId: transactionIdOf(message.transactionId, context),
        reason: STOP_REASON_WORDS[message.reason],
        ...(transactionData.length === 0 ? {} : { transactionData }),
      }
    }
    case 'meter-values': {
      const meterValue = meterValues(message.samples)
      if (meterValue.length === 0) throw new BridgeError('FRAME_INVALID', 'our MeterValues.req holds no value')
      return {
        connectorId: message.evse,
        ...(message.transactionId === null ? {} : { transactionId: transactionIdOf(message.transactionId, context) }),
        meterValue,
      }
    }
    case 'data-transfer':
      return {
        vendorId: ciString(message.vendorId, 255),
        ...optional('messageId', message.messageId === null ? '' : ciString(message.messageId, 50)),
        ...(message.data === null ? {} : { data: message.data }),
      }
  }
}

function statusPayload(message: Extract<StationMessage, { kind: 'status' }>): object {
  const { fault } = message
  return {
    connectorId: message.evse,
    errorCode: errorCode(fault, message.status === 'faulted'),
    status: STATUS_WORDS[message.status],
    ...optional('info', ciString(message.info ?? fault?.text ?? '', 50)),
    ...optional('vendorErrorCode', fault === null ? '' : ciString(fault.code, 50)),
    timestamp: formatDateTime(message.at),
  }
}

function errorCode(fault: DeviceFault | null, isFaulted: boolean): string {
  // §4.9: NoError says that nothing is wrong, which a connector that shows Faulted may not say.
  if (fault === null) return isFaulted ? 'OtherError' : 'NoError'
  return ERROR_CODES.has(fault.kind) ? fault.kind : 'OtherError'
}

/** Throws FRAME_INVALID while the CSMS has not named the transaction: its messages wait for that (§3.7). */
function transactionIdOf(transactionId: string, context: EncodeContext): number {
  const text = context.csmsTransactionId(transactionId)
  if (text === null) throw new BridgeError('FRAME_INVALID', 'the CSMS has not given this transaction an id yet')
  if (!/^-?\d{1,10}$/.test(text)) throw new BridgeError('FRAME_INVALID', 'an OCPP 1.6 transactionId is an integer')
  return Number(text)
}

/** Wh as the integer that OCPP 1.6 wants; the billing meter only grows, so its rounding never runs back. */
function wholeWh(meterWh: number): number {
  if (!Number.isFinite(meterWh)) throw new BridgeError('FRAME_INVALID', 'the meter of the transaction is not a number')
  return Math.round(meterWh)
}

/** Words our answer to `request`. Throws FRAME_INVALID when the answer is not one to this request. */
export function encodeResponse(request: CsmsRequest, response: CsmsResponse): object {
  const { action, payload } = checkedDates('our answer', () => answerOf(request, response))
  assertSchema(`${action}.conf`, payload, 'our')
  return payload
}

function answerOf(request: CsmsRequest, response: CsmsResponse): WireCall {
  switch (response.kind) {
    case 'remote-start':
      return { action: 'RemoteStartTransaction', payload: accepted(response.accepted) }
    case 'remote-stop':
      return { action: 'RemoteStopTransaction', payload: accepted(response.accepted) }
    case 'reset':
      return { action: 'Reset', payload: accepted(response.accepted) }
    case 'clear-cache':
      return { action: 'ClearCache', payload: accepted(response.accepted) }
    case 'unlock':
      return {
        action: 'UnlockConnector',
        payload: { status: response.status === 'failed' ? 'UnlockFailed' : pascalCase(response.status) },
      }
    case 'change-availability':
      return { action: 'ChangeAvailability', payload: { status: pascalCase(response.status) } }
    case 'change-setting':
      return { action: 'ChangeConfiguration', payload: { status: pascalCase(response.outcome) } }
    case 'trigger':
      return { action: 'TriggerMessage', payload: { status: pascalCase(response.status) } }
    case 'set-profile':
      return { action: 'SetChargingProfile', payload: { status: pascalCase(response.status) } }
    case 'clear-profile':
      return { action: 'ClearChargingProfile', payload: { status: response.cleared ? 'Accepted' : 'Unknown' } }
    case 'data-transfer':
      return { action: 'DataTransfer', payload: dataTransferAnswer(response) }
    case 'get-settings':
      return { action: 'GetConfiguration', payload: settingsAnswer(response) }
    case 'get-composite-schedule':
      return { action: 'GetCompositeSchedule', payload: scheduleAnswer(request, response.schedule) }
  }
}

function dataTransferAnswer(response: Extract<CsmsResponse, { kind: 'data-transfer' }>): object {
  const status =
    response.status === 'unknown-message'
      ? 'UnknownMessageId'
      : response.status === 'unknown-vendor'
        ? 'UnknownVendorId'
        : pascalCase(response.status)
  return { status, ...(response.data === null ? {} : { data: response.data }) }
}

function settingsAnswer(response: Extract<CsmsResponse, { kind: 'get-settings' }>): object {
  const configurationKey = response.values.flatMap(({ setting, readOnly, value }) => {
    const key = keyOfSetting(setting)
    if (key === null) return []
    return [{ key, readonly: readOnly, ...(value === null ? {} : { value: value.slice(0, 500) }) }]
  })
  const unknownKey = response.unknown.map((key) => key.slice(0, 50))
  return {
    ...(configurationKey.length === 0 ? {} : { configurationKey }),
    ...(unknownKey.length === 0 ? {} : { unknownKey }),
  }
}

function scheduleAnswer(request: CsmsRequest, schedule: CompositeSchedule | null): object {
  if (request.kind !== 'get-composite-schedule') {
    throw new BridgeError('FRAME_INVALID', `a composite schedule does not answer ${request.kind}`)
  }
  if (schedule === null) return { status: 'Rejected' }
  return {
    status: 'Accepted',
    connectorId: schedule.evse,
    scheduleStart: formatDateTime(schedule.start),
    chargingSchedule: {
      duration: schedule.durationSeconds,
      startSchedule: formatDateTime(schedule.start),
      chargingRateUnit: schedule.unit,
      chargingSchedulePeriod: schedule.periods.map((period) => ({
        startPeriod: period.startSeconds,
        limit: tenthsDown(period.limit),
        ...(period.phases === null ? {} : { numberPhases: period.phases }),
      })),
    },
  }
}

/** OCPP 1.6 limits have one decimal. Down, because more than the limit is never promised. */
function tenthsDown(limit: number): number {
  return Math.floor(limit * 10 + 1e-6) / 10
}

function accepted(is: boolean): object {
  return { status: is ? 'Accepted' : 'Rejected' }
}

/** OCPP leaves out what is not known. */
function optional<Name extends string>(name: Name, text: string): Partial<Record<Name, string>> {
  const entry: Partial<Record<string, string>> = text === '' ? {} : { [name]: text }
  return entry
}

function checkedDates<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new BridgeError('FRAME_INVALID', `${what}: not a time`, { cause: error })
    throw error
  }
}
