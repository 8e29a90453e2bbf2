import type { OcppVersion } from '../../model/ocpp-version.ts'
import { decodeAnswer, decodeRequest } from './from-ocpp.ts'
import { keyOfSetting, settingOfKey } from './keys.ts'
import { maskSecrets } from './mask-secrets.ts'
import { encodeResponse } from './responses.ts'
import { encode } from './to-ocpp.ts'
import { FEATURE_WORDS } from './words.ts'

/** OCPP 1.6J edition 2 with all its profiles, and its security whitepaper edition 3. */
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
  outOfRange: { refused: true, code: 'PropertyConstraintViolation', description: 'a value is out of range' },
  notSupported: { refused: true, code: 'NotSupported', description: 'this station cannot do that' },
  featureNames: (features) =>
    FEATURE_WORDS.filter(([feature]) => features.has(feature))
      .map(([, name]) => name)
      .join(','),
  settingOfKey,
  keyOfSetting,
}
