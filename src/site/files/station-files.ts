/** Does for one station what needs files: collects logs, moves them, fetches firmware and has it installed. All of it in the state folder. */
import { randomUUID } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret, SiteConfig, UpstreamConfig } from '../../config/site-config.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import type { StationFiles } from '../../ocpp/station/maintenance/station-files.ts'
import { bundleFileName, writeBundle } from '../../transfer/bundle.ts'
import type { TransferPolicy } from '../../transfer/policy.ts'
import { retrying } from '../../transfer/retrying.ts'
import { downloadFile, uploadFile } from '../../transfer/transfer.ts'
import { diagnosticsEntries, type DiagnosticsSources, securityLogEntries } from './diagnostics.ts'
import { runFirmwareHook, takeHookResult } from './firmware-hook.ts'

export interface StationFilesOptions {
  readonly config: SiteConfig
  readonly stationId: string
  /** Whose address files may go to even when it is a private one; null: a station without a CSMS. */
  readonly authority: UpstreamConfig | null
  readonly stateFolder: string
  readonly sources: DiagnosticsSources
  readonly ledger: Pick<Ledger, 'settings' | 'saveSetting'>
  readonly clock: Clock
}

/** Rows of the site itself in the ledger; no station can be called so. */
const SITE_ROWS = '#site'
const HOST_KEY = 'host-key/'

export function stationFiles(options: StationFilesOptions): StationFiles {
  const { config, stationId, stateFolder, sources, clock } = options
  const folder = join(stateFolder, 'files', encodeURIComponent(stationId).replaceAll('.', '%2E'))
  const resultFile = join(folder, 'firmware.result')
  const place = async (name: string): Promise<string> => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw new BridgeError('STATE_UNWRITABLE', `${folder} cannot be made`, { cause: error })
    }
    return join(folder, name)
  }
  const hook = config.firmwareHook
  return {
    nameOf: (log) => {
      const name = bundleFileName(stationId, new Date(clock.now()))
      return log === 'security' ? name.replace(/^ampbridge-/, 'ampbridge-security-') : name
    },
    async collect({ log, name, from, to }, signal) {
      const entries =
        log === 'security'
          ? securityLogEntries(stationId, { from, to }, sources)
          : diagnosticsEntries(stationId, { from, to }, sources, signal)
      const path = await place(`${randomUUID()}-${name}`)
      await writeBundle(entries, path, { madeAt: new Date(clock.now()), secrets: secretsOf(config) }, signal)
      return path
    },
    async upload(order, path, name, signal) {
      const policy = await policyOf(options)
      const target = { url: order.location, policy }
      await retrying((tried) => uploadFile(target, path, { fileName: name }, tried), order, clock, signal)
    },
    async download(order, signal) {
      const policy = await policyOf(options)
      const path = await place(`firmware-${randomUUID()}`)
      const target = { url: order.location, policy }
      const { sizeBytes, sha256 } = await retrying(
        (tried) => downloadFile(target, path, {}, tried),
        order,
        clock,
        signal,
      )
      return { path, bytes: sizeBytes, sha256 }
    },
    discard: (path) => rm(path, { force: true }),
    install:
      hook === null ? null : (file, signal) => runFirmwareHook({ program: hook, stationId, resultFile }, file, signal),
    takeResult: () => takeHookResult(resultFile),
  }
}

async function policyOf({ config, authority, ledger, clock }: StationFilesOptions): Promise<TransferPolicy> {
  const { allow, certificateAuthorityFile } = config.transfers
  return {
    allowPrivateNetworks: false,
    allowedNetworks: [...allow, ...(authority === null ? [] : await addressesOf(new URL(authority.url).hostname))],
    trustedCertificates: certificateAuthorityFile === null ? [] : [await readPem(certificateAuthorityFile)],
    hostKeys: {
      recall: async (server) => (await ledger.settings(SITE_ROWS)).get(HOST_KEY + server) ?? null,
      remember: (server, key) => ledger.saveSetting(SITE_ROWS, HOST_KEY + server, key),
    },
    clock,
  }
}

/** A CSMS in a private network has its file server beside it, often on the same machine. */
async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host.replace(/^\[|\]$/g, ''), { all: true })
    return found.map(({ address, family }) => `${address}/${family === 6 ? 128 : 32}`)
  } catch {
    // Unknown now: then only what the site lists, and the public net.
    return []
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new BridgeError('SECRET_UNREADABLE', `${path} cannot be read`, { cause: error })
  }
}

/** All that is secret in the site file: it must not be in a bundle in any spelling. */
function secretsOf(config: SiteConfig): readonly string[] {
  const chargers = config.stations.flatMap((station) => station.chargers)
  const addresses = [...config.meters, ...chargers].map(({ address }) => address)
  const secrets: readonly (Secret | null)[] = [
    ...addresses.flatMap(({ login, key }) => [login?.password ?? null, key]),
    ...config.upstreams.map(({ password }) => password),
    ...config.apiKeys.map(({ key }) => key),
  ]
  return secrets.flatMap((secret) => (secret === null ? [] : [Buffer.from(secret.reveal()).toString('utf8')]))
}
