/** What a station does when a CSMS asks (all of `CsmsExchange`). Runs inside the station's actor. Everything is stored before it is answered. */
import type { ChargingProfile, CompositeSchedule } from '../../model/charging-profile.ts'
import type { CsmsRequest, CsmsResponse, TriggerTarget } from '../../model/csms-request.ts'
import { isBridgeError } from '../../model/errors.ts'
import type { SettingName, SettingOutcome } from '../../model/setting.ts'
import type { StationDescription } from '../../model/station.ts'
import type { StopReason } from '../../model/transaction.ts'
import type { Standing } from './admission.ts'
import type { StationEvse } from './evse.ts'
import type { Answered, Later } from './upstream/incoming-calls.ts'
import type { LocalList, UpdateStatus } from './authorisation/local-list.ts'
import { cancelReservation, reserve, type ReservationRequestShell } from './reservation/reservation-requests.ts'
import {
  getDiagnostics,
  getLog,
  type MaintenanceShell,
  signedUpdateFirmware,
  updateFirmware,
} from './maintenance/maintenance-requests.ts'
import {
  certificateSigned,
  changePassword,
  changeSecurityProfile,
  deleteCertificate,
  installCertificate,
  installedCertificates,
  type SecurityRequestShell,
} from './security/security-requests.ts'
import type { OwnSettings } from './own-settings.ts'
import { profileProblem, remoteStartProfileProblem, toClear } from './charging/profiles.ts'
import type { StationSettings } from './settings.ts'

/** What the requests may do with the station. */
export interface RequestShell {
  readonly description: StationDescription
  readonly settings: StationSettings
  readonly evses: readonly StationEvse[]
  readonly profiles: () => readonly ChargingProfile[]
  readonly standing: (evse: StationEvse, idToken: string) => Standing
  readonly localList: LocalList
  readonly reservations: ReservationRequestShell
  readonly remoteStart: (evse: StationEvse, idToken: string, profile: ChargingProfile | null) => void
  readonly stop: (evse: StationEvse, reason: StopReason) => void
  readonly installProfile: (profile: ChargingProfile) => Promise<void>
  readonly refuseProfile: (profile: ChargingProfile, reason: string) => void
  readonly removeProfiles: (profiles: readonly ChargingProfile[]) => Promise<void>
  readonly changeSetting: (setting: SettingName, value: string) => Promise<void>
  /** Null: the station has none of its own. */
  readonly own: OwnSettings | null
  /** Null: there is no such key. */
  readonly changeOwn: (key: string, value: string) => Promise<SettingOutcome | null>
  /** False: charging profiles have nothing to say here. */
  readonly takesProfiles: boolean
  readonly changeAvailability: (evse: number, operative: boolean) => Promise<void>
  readonly clearCache: () => Promise<void>
  /** Resolves when no end of a transaction is under way there, or when that takes too long. */
  readonly ended: (evses: readonly StationEvse[]) => Promise<void>
  readonly unlock: (evse: StationEvse) => Promise<'unlocked' | 'failed' | 'not-supported'>
  readonly reset: (type: 'hard' | 'soft') => void
  readonly trigger: (target: TriggerTarget, evse: number | null) => void
  /** Logs, diagnostics, firmware. */
  readonly maintenance: MaintenanceShell
  /** The link to the CSMS that asks. */
  readonly link: SecurityRequestShell
  readonly compositeSchedule: (evse: number, durationSeconds: number, unit: 'A' | 'W') => CompositeSchedule
}

type Request<Kind extends CsmsRequest['kind']> = Extract<CsmsRequest, { readonly kind: Kind }>

export async function answerRequest(request: CsmsRequest, shell: RequestShell): Promise<Answered | Later> {
  switch (request.kind) {
    case 'remote-start':
      return remoteStart(request, shell)
    case 'remote-stop': {
      const evse = shell.evses.find(
        ({ session }) => session.transaction?.csmsTransactionId === request.csmsTransactionId,
      )
      if (evse === undefined) return plain({ kind: 'remote-stop', accepted: false })
      // Once answered, so that the CSMS knows of its request before it sees the stop.
      return { response: { kind: 'remote-stop', accepted: true }, after: () => shell.stop(evse, 'remote') }
    }
    case 'unlock':
      return unlock(request, shell)
    case 'reset':
      return { response: { kind: 'reset', accepted: true }, after: () => shell.reset(request.type) }
    case 'change-availability':
      return changeAvailability(request, shell)
    case 'get-settings':
      return plain(getSettings(request, shell))
    case 'change-setting':
      return changeSetting(request, shell)
    case 'clear-cache': {
      const accepted = shell.settings.flag('authorizationCacheEnabled')
      if (accepted) await shell.clearCache()
      return plain({ kind: 'clear-cache', accepted })
    }
    case 'trigger':
      return trigger(request, shell)
    case 'data-transfer':
      // No vendor's extension is known here.
      return plain({ kind: 'data-transfer', status: 'unknown-vendor', data: null })
    case 'set-profile':
      return setProfile(request, shell)
    case 'clear-profile': {
      const gone = toClear(shell.profiles(), request)
      if (gone.length > 0) await shell.removeProfiles(gone)
      return plain({ kind: 'clear-profile', cleared: gone.length > 0 })
    }
    case 'get-composite-schedule':
      return plain({ kind: 'get-composite-schedule', schedule: compositeSchedule(request, shell) })
    case 'local-list-version': {
      const enabled = shell.settings.flag('localAuthListEnabled')
      return plain({ kind: 'local-list-version', version: enabled ? shell.localList.version : -1 })
    }
    case 'send-local-list': {
      const enabled = shell.settings.flag('localAuthListEnabled')
      return plain({ kind: 'send-local-list', status: enabled ? await updateList(request, shell) : 'not-supported' })
    }
    case 'reserve':
      return plain({ kind: 'reserve', ...(await reserve(request, shell.reservations)) })
    case 'cancel-reservation':
      return plain({ kind: 'cancel-reservation', ...(await cancelReservation(request, shell.reservations)) })
    case 'get-diagnostics':
      return getDiagnostics(request, shell.maintenance)
    case 'get-log':
      return getLog(request, shell.maintenance)
    case 'update-firmware':
      return updateFirmware(request, shell.maintenance)
    case 'signed-update-firmware':
      return signedUpdateFirmware(request, shell.maintenance)
    case 'certificate-signed':
      return certificateSigned(request, shell.link)
    case 'install-certificate':
      return installCertificate(request, shell.link)
    case 'installed-certificates':
      return installedCertificates(request, shell.link)
    case 'delete-certificate':
      return deleteCertificate(request, shell.link)
  }
}

/** The answer to a CSMS that only watches: it may look, not decide. */
export async function answerMirror(request: CsmsRequest, shell: RequestShell): Promise<Answered | Later> {
  switch (request.kind) {
    case 'get-settings':
    case 'trigger':
    case 'data-transfer':
    case 'get-composite-schedule':
      return answerRequest(request, shell)
    case 'remote-start':
    case 'remote-stop':
    case 'reset':
    case 'clear-cache':
      return plain({ kind: request.kind, accepted: false })
    case 'unlock':
      return plain({ kind: 'unlock', status: 'failed' })
    case 'change-availability':
    case 'set-profile':
      return plain({ kind: request.kind, status: 'rejected' })
    case 'change-setting':
      return plain({ kind: 'change-setting', outcome: 'rejected' })
    case 'clear-profile':
      return plain({ kind: 'clear-profile', cleared: false })
    // How its own link is secured is between it and us.
    case 'certificate-signed':
    case 'install-certificate':
    case 'installed-certificates':
    case 'delete-certificate':
      return answerRequest(request, shell)
    case 'local-list-version':
    case 'send-local-list':
    case 'reserve':
    case 'cancel-reservation':
    case 'get-diagnostics':
    case 'update-firmware':
    case 'get-log':
    case 'signed-update-firmware':
      return { unsupported: 'another CSMS decides for this station' }
  }
}

async function remoteStart(request: Request<'remote-start'>, shell: RequestShell): Promise<Answered> {
  const refused = plain({ kind: 'remote-start', accepted: false })
  const { idToken } = request
  const evse =
    request.evse === null ? freeEvse(idToken, shell) : shell.evses.find(({ evse: id }) => id === request.evse)
  if (evse === undefined || shell.standing(evse, idToken) === 'refused') return refused
  const profile: ChargingProfile | null = request.profile === null ? null : { ...request.profile, evse: evse.evse }
  if (profile !== null) {
    const problem = remoteStartProfileProblem(profile, shell.profiles())
    if (problem !== null) {
      shell.refuseProfile(profile, problem)
      return refused
    }
  }
  // Once answered, so that the CSMS knows of its request before it sees the start.
  const after = (): void => shell.remoteStart(evse, idToken, profile)
  return { response: { kind: 'remote-start', accepted: true }, after }
}

/** Without an EVSE in the request: where it is expected, else where anybody may; of these where a car waits already. */
function freeEvse(idToken: string, shell: RequestShell): StationEvse | undefined {
  for (const wanted of ['expected', 'free', 'unsure'] as const) {
    const fitting = shell.evses.filter((evse) => shell.standing(evse, idToken) === wanted)
    if (fitting.length > 0) return fitting.find((evse) => evse.session.plugged) ?? fitting[0]
  }
  return undefined
}

/** A list that the disk does not take is no list: the CSMS sends it again (§5.15). */
async function updateList(request: Request<'send-local-list'>, { localList }: RequestShell): Promise<UpdateStatus> {
  try {
    return await localList.update(request)
  } catch (error) {
    if (isBridgeError(error)) return 'failed'
    throw error
  }
}

async function unlock(request: Request<'unlock'>, shell: RequestShell): Promise<Answered | Later> {
  const evse = shell.evses.find((known) => known.evse === request.evse)
  if (evse === undefined || !evse.description.canUnlock) return plain({ kind: 'unlock', status: 'not-supported' })
  // The cable is only let go without current (OCPP 1.6 §5.18).
  await evse.apply({ kind: 'stop', reason: 'unlock-command' })
  return {
    later: async () => {
      await shell.ended([evse])
      return plain({ kind: 'unlock', status: await shell.unlock(evse) })
    },
  }
}

async function changeAvailability(request: Request<'change-availability'>, shell: RequestShell): Promise<Answered> {
  const concerned = shell.evses.filter((evse) => request.evse === 0 || evse.evse === request.evse)
  if (concerned.length === 0) return plain({ kind: 'change-availability', status: 'rejected' })
  const busy = !request.operative && concerned.some((evse) => evse.session.transaction !== null)
  await shell.changeAvailability(request.evse, request.operative)
  return plain({ kind: 'change-availability', status: busy ? 'scheduled' : 'accepted' })
}

function getSettings({ settings, unknown }: Request<'get-settings'>, shell: RequestShell): CsmsResponse {
  const { link, own } = shell
  if (link.access !== null) shell.settings.set('securityProfile', String(link.access.profile))
  const values = shell.settings.values(settings)
  if (own === null) return { kind: 'get-settings', values, unknown }
  const asked = new Map(unknown.map((key) => [key, own.find(key)] as const))
  const named = new Map([...asked.values()].flatMap((value) => (value === null ? [] : [[value.key, value] as const])))
  return {
    kind: 'get-settings',
    values,
    own: settings === null ? own.list() : [...named.values()],
    unknown: unknown.filter((key) => asked.get(key) === null),
  }
}

async function changeSetting(request: Request<'change-setting'>, shell: RequestShell): Promise<Answered> {
  if (request.setting === null) {
    const outcome = (await shell.changeOwn(request.key, request.value)) ?? 'not-supported'
    return plain({ kind: 'change-setting', outcome })
  }
  if (request.setting === 'authorizationKey') return changePassword(request.value, shell.link)
  if (request.setting === 'securityProfile') return changeSecurityProfile(request.value, shell.link)
  const { outcome, value } = shell.settings.check(request.setting, request.value)
  if (outcome === 'accepted') await shell.changeSetting(request.setting, value)
  return plain({ kind: 'change-setting', outcome })
}

async function trigger(request: Request<'trigger'>, shell: RequestShell): Promise<Answered> {
  const { target, evse } = request
  if (target === null || (target === 'sign-certificate' && shell.link.access === null))
    return plain({ kind: 'trigger', status: 'not-implemented' })
  // Where the message is of no EVSE, the request's does not matter (§5.17).
  const concerned = shell.evses.filter((candidate) => evse === null || candidate.evse === evse)
  const isThere =
    target === 'status'
      ? evse === null || evse === 0 || concerned.length > 0
      : target !== 'meter-values' || concerned.some((candidate) => candidate.triggeredValues() !== null)
  if (!isThere) return plain({ kind: 'trigger', status: 'rejected' })
  return { response: { kind: 'trigger', status: 'accepted' }, after: () => shell.trigger(target, evse) }
}

async function setProfile(request: Request<'set-profile'>, shell: RequestShell): Promise<Answered> {
  if (!shell.takesProfiles) return { unsupported: 'this station takes no charging profiles' }
  const running = shell.evses.flatMap(({ evse, session }) =>
    session.transaction === null ? [] : [{ evse, csmsTransactionId: session.transaction.csmsTransactionId }],
  )
  const { evse: wanted } = request.profile
  // Errata 3.39: a connector that is not there is no rejected profile but a wrong value.
  if (wanted !== 0 && !shell.evses.some(({ evse }) => evse === wanted)) return { outOfRange: 'connectorId' }
  const problem = profileProblem(request.profile, shell.profiles(), shell.description, running)
  if (problem === null) await shell.installProfile(request.profile)
  else shell.refuseProfile(request.profile, problem)
  return plain({ kind: 'set-profile', status: problem === null ? 'accepted' : 'rejected' })
}

function compositeSchedule(request: Request<'get-composite-schedule'>, shell: RequestShell): CompositeSchedule | null {
  const known = request.evse === 0 || shell.evses.some((evse) => evse.evse === request.evse)
  if (!shell.takesProfiles || !known || request.durationSeconds <= 0) return null
  return shell.compositeSchedule(request.evse, request.durationSeconds, request.unit ?? 'A')
}

function plain(response: CsmsResponse): Answered {
  return { response, after: null }
}
