import type { OcppVersion } from '../../model/ocpp-version.ts'
import { decodeAnswer, decodeRequest } from './from-ocpp.ts'
import { keyOfSetting, settingOfKey } from './keys.ts'
import { maskSecrets } from './mask-secrets.ts'
import { encode, encodeResponse } from './to-ocpp.ts'

/** OCPP 1.6J: Core, SmartCharging and RemoteTrigger. */
export const ocpp16: OcppVersion = {
  id: '1.6',
  subprotocol: 'ocpp1.6',
  dialect: {
    malformed: 'FormationViolation',
    internalError: 'InternalError',
    overloaded: 'GenericError',
    maxMessageIdLength: 36,
    maskSecrets,
  },
  encode,
  decodeAnswer,
  decodeRequest,
  encodeResponse,
  internalError: { refused: true, code: 'InternalError', description: 'the request could not be carried out' },
  notSupported: { refused: true, code: 'NotSupported', description: 'this station cannot do that' },
  featureNames,
  settingOfKey,
  keyOfSetting,
}
