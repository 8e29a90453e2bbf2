/** What a version folder (`src/ocpp/v16`, ...) offers. The rooms `rpc` and `station` know versions only by this. */
import type { StationAnswer, StationMessage } from './csms.ts'
import type { CsmsRequest, CsmsResponse } from './csms-request.ts'
import type { SettingName } from './setting.ts'

/** A frame body as it goes over the wire. */
export interface WireCall {
  readonly action: string
  readonly payload: object
}

/** Why a CALL of the CSMS is answered with CALLERROR. `code` is the version's own word. */
export interface CallRefusal {
  readonly refused: true
  readonly code: string
  readonly description: string
}

export interface EncodeContext {
  /** The CSMS's id of a transaction, by ours; null when it is not known (yet). */
  csmsTransactionId(transactionId: string): string | null
  /** Whose error codes the station reports: its maker. Left out while that is not known. */
  readonly vendor?: string | null
}

/** The little that the framing (OCPP-J) must know about a version: its own words for faults of the framing itself. */
export interface RpcDialect {
  /** A CALL that can be told to be one, but is not whole (1.6: FormationViolation, 2.x: RpcFrameworkError). */
  readonly malformed: string
  /** A fault of ours while answering. */
  readonly internalError: string
  /** More calls at once, or per second, than we take. */
  readonly overloaded: string
  readonly maxMessageIdLength: number
  /** The frame as it may be shown: passwords and keys masked. */
  maskSecrets(frame: string): string
}

/** Functional blocks that a station may or may not have. */
export type Feature = 'core' | 'firmware' | 'local-list' | 'reservation' | 'smart-charging' | 'remote-trigger'

export interface OcppVersion {
  /** As in the site file: `1.6`. */
  readonly id: string
  /** WebSocket subprotocol: `ocpp1.6`. */
  readonly subprotocol: string
  readonly dialect: RpcDialect
  /** Words a message and checks it against the official schema. Throws FRAME_INVALID when we made something illegal. */
  encode(message: StationMessage, context: EncodeContext): WireCall
  /** Checks the CSMS's answer to `message` and makes it neutral. Throws FRAME_INVALID. */
  decodeAnswer(message: StationMessage, payload: unknown): StationAnswer
  /** Checks a CALL of the CSMS. A refusal carries the version's error code. */
  decodeRequest(action: string, payload: unknown): CsmsRequest | CallRefusal
  /** Words our answer to `request`. */
  encodeResponse(request: CsmsRequest, response: CsmsResponse): object
  /** The refusal for a fault inside us while answering. */
  readonly internalError: CallRefusal
  /** The refusal of a request that this station has no means for. */
  readonly notSupported: CallRefusal
  /** The refusal of a value that only the station can know to be wrong. */
  readonly outOfRange: CallRefusal
  /** Names of functional blocks for `supportedFeatureProfiles`, in the version's own words and order. */
  featureNames(features: ReadonlySet<Feature>): string
  /** A key of this version as the site file names it (any case), or null. */
  settingOfKey(key: string): SettingName | null
  keyOfSetting(setting: SettingName): string | null
}
