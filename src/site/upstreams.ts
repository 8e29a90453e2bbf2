/** Joins an upstream of the site file with a station: version, what it shows and believes, socket. */
import { readFile } from 'node:fs/promises'
import type { UpstreamConfig } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { stationUrl } from '../ocpp/rpc/address.ts'
import type { Approach } from '../ocpp/rpc/approach.ts'
import { connectRpc } from '../ocpp/rpc/connect.ts'
import { accessFolder } from '../ocpp/security/access-files.ts'
import { StationAccess } from '../ocpp/security/station-access.ts'
import type { UpstreamOptions } from '../ocpp/station/upstream/upstream.ts'
import type { Log } from './log.ts'
import type { Registry } from './registry.ts'

/** An upstream with its certificates read, ready for any station. Throws SECRET_UNREADABLE. */
export async function readUpstream(config: UpstreamConfig, stateFolder: string, log: Log): Promise<ReadUpstream> {
  return {
    config,
    stateFolder,
    log,
    ca: await pem(config.certificateAuthorityFile),
    certificate: await pem(config.clientCertificateFile),
    privateKey: await pem(config.clientKeyFile),
  }
}

export interface ReadUpstream {
  readonly config: UpstreamConfig
  /** What the CSMS changes of an access is kept there. */
  readonly stateFolder: string
  readonly log: Log
  readonly ca: string | null
  readonly certificate: string | null
  readonly privateKey: string | null
}

/** Throws CONFIG_INVALID when security profile and address do not fit, STATE_UNWRITABLE when what is stored cannot be read. */
export function upstreamOf(
  upstream: ReadUpstream,
  stationId: string,
  registry: Registry,
  clock: Clock,
  random: () => number,
): UpstreamOptions {
  const { config, log, stateFolder, ca, certificate, privateKey } = upstream
  const version = registry.version(config.ocpp)
  stationUrl(config.url, stationId)
  const access = new StationAccess({
    folder: accessFolder(stateFolder, config.id, stationId),
    stationId,
    site: {
      profile: config.securityProfile,
      url: config.url,
      secureUrl: config.secureUrl,
      password: config.password?.reveal() ?? null,
      ca,
      certificate,
      privateKey,
    },
    clock,
    keyType: config.keyType,
    additionalRootCheck: config.additionalRootCheck,
    onFault: (fault) => log.error({ station: stationId, code: fault.code }, `${stationId}: ${fault.message}`),
  })
  const approach: Approach = {
    next: () => {
      const { url, transport } = access.next()
      return { url: stationUrl(url, stationId), transport }
    },
    told: (outcome) => access.told(outcome),
  }
  return {
    id: config.id,
    version,
    connect: (handlers) => connectRpc({ approach, versions: [version], clock, random }, handlers),
    access,
  }
}

async function pem(path: string | null): Promise<string | null> {
  if (path === null) return null
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new BridgeError('SECRET_UNREADABLE', `${path} cannot be read`, { cause: error })
  }
}
