/** The binary coding of SML (SML 1.04, 6.2): each element is a type and length, then its bytes or its elements. */

export type SmlNode =
  | { readonly kind: 'octets'; readonly bytes: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'list'; readonly items: readonly SmlNode[] }
  /** The 00 that closes a message. */
  | { readonly kind: 'end' }

/** A list entry lies five lists deep: message, body, response, values, entry; its time is one more. */
const DEPTH_LIMIT = 12
const NODES_LIMIT = 4096
/** An integer of 64 bits has 8 bytes; some meters send odd lengths below that. */
const INTEGER_LIMIT = 8
/** Further bytes of a type and length: enough for the longest telegram. */
const LENGTH_LIMIT = 4

/** All elements one after the other, or in words why they cannot be read. */
export function parseSmlNodes(bytes: Buffer): readonly SmlNode[] | string {
  const reader = new NodeReader(bytes)
  const nodes: SmlNode[] = []
  while (!reader.done) {
    const node = reader.next(0)
    if (typeof node === 'string') return node
    nodes.push(node)
  }
  return nodes
}

class NodeReader {
  readonly #bytes: Buffer
  #at = 0
  #nodes = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  next(depth: number): SmlNode | string {
    this.#nodes += 1
    if (this.#nodes > NODES_LIMIT) return `more than ${NODES_LIMIT} elements`
    if (depth > DEPTH_LIMIT) return `lists more than ${DEPTH_LIMIT} deep`
    const first = this.#bytes[this.#at]
    if (first === undefined) return 'it ends inside an element'
    this.#at += 1
    if (first === 0) return { kind: 'end' }
    const length = this.#length(first)
    if (length === null) return 'a length that cannot be'
    const type = (first >> 4) & 7
    return type === 7 ? this.#list(length, depth) : this.#scalar(type, length)
  }

  /** Bytes after the type and length, or elements of a list; null: it is nonsense. */
  #length(first: number): number | null {
    let length = first & 0x0f
    let head = 1
    for (let byte = first; (byte & 0x80) !== 0; head += 1) {
      const next = this.#bytes[this.#at]
      if (next === undefined || head > LENGTH_LIMIT || (next & 0x70) !== 0) return null
      this.#at += 1
      length = length * 16 + (next & 0x0f)
      byte = next
    }
    // The length of anything but a list counts its own bytes.
    const rest = (first & 0x70) === 0x70 ? length : length - head
    return rest < 0 || rest > this.#bytes.length - this.#at ? null : rest
  }

  #list(length: number, depth: number): SmlNode | string {
    const items: SmlNode[] = []
    for (let index = 0; index < length; index += 1) {
      const item = this.next(depth + 1)
      if (typeof item === 'string') return item
      items.push(item)
    }
    return { kind: 'list', items }
  }

  #scalar(type: number, length: number): SmlNode | string {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    switch (type) {
      case 0:
        return { kind: 'octets', bytes }
      case 4:
        return length === 1 ? { kind: 'boolean', value: bytes[0] !== 0 } : `a boolean of ${length} bytes`
      case 5:
      case 6: {
        if (length === 0 || length > INTEGER_LIMIT) return `an integer of ${length} bytes`
        const raw = BigInt(`0x${bytes.toString('hex')}`)
        return { kind: 'integer', value: type === 5 ? BigInt.asIntN(8 * length, raw) : raw }
      }
      default:
        return `an element of type ${type}`
    }
  }
}

// ---- the other way

export function octetsOf(bytes: Buffer): Buffer {
  return Buffer.concat([headOf(0, bytes.length), bytes])
}

export function listOf(...items: readonly Buffer[]): Buffer {
  return Buffer.concat([headOf(7, items.length), ...items])
}

/** In 1, 2, 4 or 8 bytes. */
export function unsignedOf(value: number, bytes: 1 | 2 | 4): Buffer {
  const content = Buffer.alloc(bytes)
  content.writeUIntBE(value, 0, bytes)
  return Buffer.concat([headOf(6, bytes), content])
}

export function signedOf(value: bigint, bytes: 1 | 8): Buffer {
  const content = Buffer.alloc(8)
  content.writeBigInt64BE(value)
  return Buffer.concat([headOf(5, bytes), content.subarray(8 - bytes)])
}

/** An optional element that is not there. */
export const ABSENT = Buffer.from([0x01])

function headOf(type: number, length: number): Buffer {
  for (let head = 1; ; head += 1) {
    const count = type === 7 ? length : length + head
    if (count >= 16 ** head) continue
    return Buffer.from(
      Array.from({ length: head }, (_, index) => {
        const nibble = Math.floor(count / 16 ** (head - 1 - index)) % 16
        return (index < head - 1 ? 0x80 : 0) | (index === 0 ? type << 4 : 0) | nibble
      }),
    )
  }
}
