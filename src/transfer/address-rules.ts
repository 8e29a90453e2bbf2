/** Which addresses a file transfer may reach: a request from outside must not turn the bridge against its own machine or site. */
import { BlockList, isIP } from 'node:net'

import { refused } from './fault.ts'
import type { TransferPolicy } from './policy.ts'

/** Why this address may not be reached, or null. @param address as a name service gives it, v4 or v6 */
export function whyRefused(address: string, policy: TransferPolicy): string | null {
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return `${address} is not an address`
  const meant = family === 6 ? [bare, ...carriedV4(bare)] : [bare]
  if (meant.every((each) => isIn(allowedBy(policy), each))) return null
  for (const each of meant) {
    if (isIn(allowedBy(policy), each)) continue
    if (isIn(NEVER, each)) return `${address} is an address of this machine, this link or nobody`
    if (isIn(PRIVATE, each) && !policy.allowPrivateNetworks) return `${address} is in a private network`
  }
  return null
}

/** RFC 6890 and its registry: what never leaves a machine or a link, what is no single host, and the data services of clouds. */
const NEVER = listOf([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254/128',
])

/** RFC 1918, RFC 6598, RFC 2544, RFC 4193, and site-local of old. */
const PRIVATE = listOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
])

const known = new WeakMap<TransferPolicy, BlockList>()

function allowedBy(policy: TransferPolicy): BlockList {
  const list = known.get(policy) ?? listOf(policy.allowedNetworks)
  known.set(policy, list)
  return list
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const all = family === 'ipv6' ? 128 : 32
    const prefix = bits === undefined ? all : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (isIP(address) === 0 || !(prefix <= all)) throw refused('file transfer', `${network} is not a network`)
    list.addSubnet(address, prefix, family)
  }
  return list
}

/** The v4 addresses that a v6 address stands for: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380). */
function carriedV4(address: string): readonly string[] {
  const words = wordsOf(address)
  const at = (index: number): string => {
    const [high, low] = [words[index] ?? 0, words[index + 1] ?? 0]
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  const zero = (from: number, to: number): boolean => words.slice(from, to).every((word) => word === 0)
  if (zero(0, 5) && words[5] === 0xffff) return [at(6)]
  if (zero(0, 6) && !(words[6] === 0 && (words[7] ?? 0) <= 1)) return [at(6)]
  if (words[0] === 0x64 && words[1] === 0xff9b) return [at(6)]
  if (words[0] === 0x2002) return [at(1)]
  if (words[0] === 0x2001 && words[1] === 0) {
    const [high, low] = [(words[6] ?? 0) ^ 0xffff, (words[7] ?? 0) ^ 0xffff]
    return [at(2), `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`]
  }
  return []
}

/** The eight 16-bit words. @param address valid v6 */
function wordsOf(address: string): readonly number[] {
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const [front, back] = [hexWords(head), hexWords(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - front.length - back.length
  return [...front, ...Array.from({ length: gap }, () => 0), ...back]
}

function hexWords(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
}
