/** Just enough of DER (X.690): the parts of a certificate over which OCSP takes its hashes (of what OpenSSL has parsed before), and writing. */

interface Element {
  readonly tag: number
  /** With tag and length. */
  readonly whole: Uint8Array
  readonly content: Uint8Array
  readonly rest: Uint8Array
}

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const SEQUENCE = 0x30
const VERSION = 0xa0
const EXTENSIONS = 0xa3
/** 2.5.29.15 with its tag. */
const KEY_USAGE = Buffer.from('0603551d0f', 'hex')
const DIGITAL_SIGNATURE = 0x80

export interface CertificateParts {
  /** Hex, upper case, without leading zeros. */
  readonly serialNumber: string
  /** DER of the name. */
  readonly issuer: Uint8Array
  /** Content of the subject's public key BIT STRING, without the octet of unused bits. */
  readonly publicKey: Uint8Array
  /** False only when a key usage is named and this is not part of it (RFC 5280 §4.2.1.3). */
  readonly maySign: boolean
}

/** The parts of a certificate (RFC 5280 §4.1). Throws RangeError for what is none. */
export function certificateParts(bytes: Uint8Array): CertificateParts {
  const certificate = expect(read(bytes), SEQUENCE)
  let rest = expect(read(certificate.content), SEQUENCE).content
  const next = (tag: number): Element => {
    const element = expect(read(rest), tag)
    rest = element.rest
    return element
  }
  if (rest[0] === VERSION) next(VERSION)
  const serial = next(INTEGER)
  next(SEQUENCE) // algorithm
  const issuer = next(SEQUENCE)
  next(SEQUENCE) // validity
  next(SEQUENCE) // subject
  const key = next(SEQUENCE)
  const bits = expect(read(expect(read(key.content), SEQUENCE).rest), BIT_STRING)
  return {
    serialNumber: plainSerial(Buffer.from(serial.content).toString('hex')),
    issuer: issuer.whole,
    publicKey: bits.content.subarray(1),
    maySign: maySign(rest),
  }
}

/** `rest`: what follows the public key. */
function maySign(rest: Uint8Array): boolean {
  for (let left = rest; left.length > 0;) {
    const part = read(left)
    left = part.rest
    if (part.tag !== EXTENSIONS) continue
    for (let list = expect(read(part.content), SEQUENCE).content; list.length > 0;) {
      const extension = read(list)
      list = extension.rest
      const name = read(extension.content)
      if (!KEY_USAGE.equals(name.whole)) continue
      const value = name.rest[0] === OCTET_STRING ? read(name.rest) : read(read(name.rest).rest) // `critical` stands between
      const bits = expect(read(expect(value, OCTET_STRING).content), BIT_STRING)
      return ((bits.content[1] ?? 0) & DIGITAL_SIGNATURE) !== 0
    }
  }
  return true
}

/** A serial number as we compare it. */
export function plainSerial(hex: string): string {
  const plain = hex.toUpperCase().replace(/^0+/, '')
  return plain === '' ? '0' : plain
}

function expect(element: Element, tag: number): Element {
  if (element.tag !== tag) throw new RangeError('not the DER of a certificate')
  return element
}

function read(bytes: Uint8Array): Element {
  const tag = bytes[0]
  const first = bytes[1]
  if (tag === undefined || first === undefined) throw new RangeError('DER ends early')
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f
  if (lengthOctets > 4) throw new RangeError('DER is too long')
  let length = first
  if (lengthOctets > 0) {
    length = 0
    for (const octet of bytes.subarray(2, 2 + lengthOctets)) length = length * 256 + octet
  }
  const start = 2 + lengthOctets
  const end = start + length
  if (end > bytes.length) throw new RangeError('DER ends early')
  return { tag, whole: bytes.subarray(0, end), content: bytes.subarray(start, end), rest: bytes.subarray(end) }
}

/** A DER element of these parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const octets: number[] = []
  for (let length = content.length; length > 0; length = Math.floor(length / 256)) octets.unshift(length % 256)
  const length = content.length < 0x80 ? [content.length] : [0x80 + octets.length, ...octets]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
