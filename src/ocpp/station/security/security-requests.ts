/** Certificates and credentials, as a CSMS asks for them (OCPP 1.6 security whitepaper A01 to A05, M03 to M05). */
import type { CsmsRequest } from '../../../model/csms-request.ts'
import type { SecurityEventType } from '../../../model/security-event.ts'
import type { SettingOutcome } from '../../../model/setting.ts'
import type { AccessOutcome, SecurityProfile, UpstreamAccess } from '../../../model/upstream-access.ts'
import type { Answered } from '../upstream/incoming-calls.ts'

/** Accepted changes are told to the security log by the access itself; refusals are told here. */
export interface SecurityRequestShell {
  /** Null: what the site file says is all there is. */
  readonly access: UpstreamAccess | null
  readonly security: (type: SecurityEventType, techInfo: string | null) => void
  /** The connection is made anew, with what the access holds then. */
  readonly reconnect: (reason: string) => void
  readonly emitRefusal: (what: string, reason: string) => void
}

type Request<Kind extends CsmsRequest['kind']> = Extract<CsmsRequest, { readonly kind: Kind }>

const NO_ACCESS: Answered = { unsupported: 'the certificates of this station are kept by hand' }

export async function certificateSigned(
  { chain }: Request<'certificate-signed'>,
  shell: SecurityRequestShell,
): Promise<Answered> {
  if (shell.access === null) return NO_ACCESS
  const outcome = await shell.access.acceptCertificate(chain)
  if (!outcome.accepted) tellRefusal('certificate', outcome, shell)
  return {
    response: { kind: 'certificate-signed', accepted: outcome.accepted },
    // Only profile 3 shows it.
    after: outcome.accepted && shell.access.profile === 3 ? () => shell.reconnect('the certificate was renewed') : null,
  }
}

export async function installCertificate(
  { use, certificate }: Request<'install-certificate'>,
  shell: SecurityRequestShell,
): Promise<Answered> {
  if (shell.access === null) return NO_ACCESS
  const outcome = await shell.access.installCertificate(use, certificate)
  if (outcome.accepted) return { response: { kind: 'install-certificate', status: 'accepted' }, after: null }
  tellRefusal(`${use} certificate`, outcome, shell)
  return {
    response: { kind: 'install-certificate', status: outcome.failed === true ? 'failed' : 'rejected' },
    after: null,
  }
}

export async function installedCertificates(
  { use }: Request<'installed-certificates'>,
  { access }: SecurityRequestShell,
): Promise<Answered> {
  if (access === null) return NO_ACCESS
  const certificates = await access.installedCertificates(use)
  return { response: { kind: 'installed-certificates', certificates }, after: null }
}

export async function deleteCertificate(
  { hash }: Request<'delete-certificate'>,
  shell: SecurityRequestShell,
): Promise<Answered> {
  if (shell.access === null) return NO_ACCESS
  const status = await shell.access.removeCertificate(hash)
  return { response: { kind: 'delete-certificate', status }, after: null }
}

/** AuthorizationKey: bytes of the text as it came; the connection is made anew once the answer is on its way (A01). */
export async function changePassword(value: string, shell: SecurityRequestShell): Promise<Answered> {
  if (shell.access === null) return answered('rejected', null)
  const outcome = await shell.access.changePassword(new TextEncoder().encode(value))
  return changed(outcome, 'the password was changed', shell)
}

/** SecurityProfile: upward only (A05). */
export async function changeSecurityProfile(value: string, shell: SecurityRequestShell): Promise<Answered> {
  const profile = profileOf(value.trim())
  if (profile === null || shell.access === null) return answered('rejected', null)
  return changed(await shell.access.changeProfile(profile), `security profile ${profile}`, shell)
}

function profileOf(text: string): SecurityProfile | null {
  const profiles: readonly SecurityProfile[] = [0, 1, 2, 3]
  return profiles.find((profile) => String(profile) === text) ?? null
}

function changed(outcome: AccessOutcome, what: string, shell: SecurityRequestShell): Answered {
  if (!outcome.accepted) {
    tellRefusal(what, outcome, shell)
    return answered('rejected', null)
  }
  return answered('accepted', () => shell.reconnect(what))
}

function answered(outcome: SettingOutcome, after: (() => void) | null): Answered {
  return { response: { kind: 'change-setting', outcome }, after }
}

function tellRefusal(what: string, outcome: AccessOutcome, { security, emitRefusal }: SecurityRequestShell): void {
  if (outcome.accepted) return
  if (outcome.event !== null) security(outcome.event, outcome.reason)
  emitRefusal(what, outcome.reason)
}
