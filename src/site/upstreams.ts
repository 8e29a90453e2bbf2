/** Joins an upstream of the site file with a station: version, TLS, password, socket. */
import { readFile } from 'node:fs/promises'
import type { UpstreamConfig } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { connectRpc } from '../ocpp/rpc/connect.ts'
import { transportSecurity } from '../ocpp/security/transport-security.ts'
import type { UpstreamOptions } from '../ocpp/station/upstream/upstream.ts'
import type { Registry } from './registry.ts'

/** An upstream with its certificates read, ready for any station. Throws SECRET_UNREADABLE. */
export async function readUpstream(config: UpstreamConfig): Promise<ReadUpstream> {
  return {
    config,
    ca: await pem(config.certificateAuthorityFile),
    certificate: await pem(config.clientCertificateFile),
    privateKey: await pem(config.clientKeyFile),
  }
}

export interface ReadUpstream {
  readonly config: UpstreamConfig
  readonly ca: string | null
  readonly certificate: string | null
  readonly privateKey: string | null
}

/** Throws CONFIG_INVALID when security profile and address do not fit. */
export function upstreamOf(
  upstream: ReadUpstream,
  stationId: string,
  registry: Registry,
  clock: Clock,
  random: () => number,
): UpstreamOptions {
  const { config, ca, certificate, privateKey } = upstream
  const version = registry.version(config.ocpp)
  const transport = transportSecurity({
    profile: config.securityProfile,
    url: config.url,
    stationId,
    password: config.password?.reveal() ?? null,
    ca,
    certificate,
    privateKey,
  })
  return {
    id: config.id,
    version,
    connect: (handlers) =>
      connectRpc({ url: config.url, stationId, versions: [version], transport, clock, random }, handlers),
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
