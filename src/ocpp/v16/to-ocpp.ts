/** Neutral messages in OCPP 1.6's words. Everything that leaves is checked against the official schema. */
import type { StationMessage } from '../../model/csms.ts'
import { BridgeError } from '../../model/errors.ts'
import type { EncodeContext, WireCall } from '../../model/ocpp-version.ts'
import type { DeviceFault } from '../../model/signal.ts'
import { checkedDates, formatDateTime } from './date-time.ts'
import { meterValues } from './meter-value.ts'
import { ciString, ciStringAtWord, ciStringEnd, idTag, optional } from './text.ts'
import { assertSchema } from './validate.ts'
import { ERROR_CODES, FIRMWARE_WORDS, STATUS_WORDS, STOP_REASON_WORDS, UPLOAD_WORDS, pascalCase } from './words.ts'

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
  'diagnostics-status': 'DiagnosticsStatusNotification',
  'log-status': 'LogStatusNotification',
  'firmware-status': 'FirmwareStatusNotification',
  'signed-firmware-status': 'SignedFirmwareStatusNotification',
  'security-event': 'SecurityEventNotification',
  'sign-certificate': 'SignCertificate',
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
      const { vendor, model, serial, firmware, meterType, meterSerial } = message.identity
      // chargeBoxSerialNumber is deprecated (§6.1); iccid and imsi name a modem that no station of ours has.
      return {
        chargePointVendor: ciString(vendor, 20) || 'unknown',
        chargePointModel: ciString(model, 20) || 'unknown',
        ...optional('chargePointSerialNumber', ciStringEnd(serial ?? '', 25)),
        ...optional('firmwareVersion', ciString(firmware ?? '', 50)),
        ...optional('meterType', ciString(meterType ?? '', 25)),
        ...optional('meterSerialNumber', ciStringEnd(meterSerial ?? '', 25)),
      }
    }
    case 'heartbeat':
      return {}
    case 'status':
      return statusPayload(message, context.vendor ?? null)
    case 'authorize':
      return { idTag: idTag(message.idToken) }
    case 'transaction-started':
      return {
        connectorId: message.evse,
        idTag: idTag(message.idToken),
        meterStart: wholeWh(message.meterWh),
        // A start that was kept by an older version of ours has no such field.
        ...(typeof message.reservationId === 'number' ? { reservationId: message.reservationId } : {}),
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
        ...optional('messageId', ciString(message.messageId ?? '', 50)),
        ...(message.data === null ? {} : { data: message.data }),
      }
    case 'diagnostics-status':
      return { status: pascalCase(message.status) }
    case 'log-status':
      return { status: UPLOAD_WORDS[message.status], ...ofRequest(message.requestId) }
    case 'firmware-status':
      return { status: FIRMWARE_WORDS[message.status] }
    case 'signed-firmware-status':
      return { status: pascalCase(message.status), ...ofRequest(message.requestId) }
    case 'security-event':
      return {
        type: message.type,
        timestamp: formatDateTime(message.at),
        ...optional('techInfo', ciStringAtWord(message.techInfo ?? '', 255)),
      }
    case 'sign-certificate':
      return { csr: message.signingRequest }
  }
}

/** Left out where no request asked for it. */
function ofRequest(requestId: number | null): object {
  return requestId === null ? {} : { requestId }
}

function statusPayload(message: Extract<StationMessage, { kind: 'status' }>, vendor: string | null): object {
  const { fault } = message
  const vendorErrorCode = fault === null ? '' : ciString(fault.code, 50)
  return {
    connectorId: message.evse,
    errorCode: errorCode(fault, message.status === 'faulted'),
    status: STATUS_WORDS[message.status],
    ...optional('info', ciStringAtWord(message.info ?? fault?.text ?? '', 50)),
    ...optional('vendorErrorCode', vendorErrorCode),
    // §6.47: whose code that is.
    ...optional('vendorId', vendorErrorCode === '' ? '' : ciString(vendor ?? '', 255)),
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
