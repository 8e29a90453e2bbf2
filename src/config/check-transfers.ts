/** Where files may go: networks that are well written, and an authority that can be read. */
import { isIPv4, isIPv6 } from 'node:net'
import { error, type Finding } from './problem.ts'
import { fileProblem } from './read-secret.ts'
import { readPemFile, type SecretFolders } from './secret-file.ts'
import type { TransfersConfig } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'

export interface TransfersReading {
  readonly transfers: TransfersConfig
  readonly findings: readonly Finding[]
}

export async function checkTransfers({ transfers }: SiteEntries, folders: SecretFolders): Promise<TransfersReading> {
  if (transfers === null) return { transfers: { allow: [], certificateAuthorityFile: null }, findings: [] }
  const findings: Finding[] = []
  for (const [index, network] of transfers.allow.entries()) {
    if (isNetwork(network)) continue
    findings.push(
      error(['transfers', 'allow', index], 'is not a network', 'write for example `192.168.7.0/24` or `fd00:7::/64`'),
    )
  }
  let certificateAuthorityFile: string | null = null
  if (transfers.ca !== undefined) {
    const result = await readPemFile(transfers.ca, 'CERTIFICATE', folders)
    if ('problem' in result) findings.push(fileProblem(['transfers', 'ca'], result))
    else certificateAuthorityFile = result.path
  }
  return { transfers: { allow: transfers.allow, certificateAuthorityFile }, findings }
}

/** `ADDRESS/BITS`; 0 bits would be everything and is refused. */
function isNetwork(text: string): boolean {
  const match = /^([0-9A-Fa-f:.]{2,45})\/(\d{1,3})$/.exec(text)
  const address = match?.[1] ?? ''
  const bits = Number(match?.[2])
  return (isIPv4(address) && bits >= 1 && bits <= 32) || (isIPv6(address) && bits >= 1 && bits <= 128)
}
