import type { Clock } from '../../model/clock.ts'
import type {
  RegisterLink,
  RegisterBank,
  RegisterRead,
  RegisterTable,
  RegisterWrite,
  RequestOptions,
  WriteRequest,
} from '../../model/driver.ts'
import { BridgeError } from '../../model/errors.ts'

/** A link without a wire: requests go straight to register banks. For examples and tests. */
export function memoryLink(
  units: ReadonlyMap<number, RegisterBank> | RegisterBank,
): RegisterLink & { readonly requests: readonly (RegisterRead | WriteRequest)[] } {
  const requests: (RegisterRead | WriteRequest)[] = []
  const bankOf = (unit: number): RegisterBank => {
    const bank = 'read' in units ? units : units.get(unit)
    if (bank === undefined) throw new BridgeError('DEVICE_TIMEOUT', `unit ${unit} does not answer`)
    return bank
  }
  return {
    kind: 'registers',
    url: 'memory:',
    state: 'open',
    counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
    requests,
    async read(request: RegisterRead, options: RequestOptions): Promise<readonly number[]> {
      options.signal.throwIfAborted()
      requests.push(request)
      return bankOf(request.unit).read(request)
    },
    async write(request: WriteRequest, options: RequestOptions): Promise<void> {
      options.signal.throwIfAborted()
      requests.push(request)
      const bank = bankOf(request.unit)
      if (request.kind === 'registers') {
        bank.write(request)
        return
      }
      const { unit, address } = request
      const [word = 0] = bank.read({ kind: 'registers', unit, table: 'holding', address, count: 1 })
      const changed = (word & request.andMask) | (request.orMask & ~request.andMask)
      bank.write({ kind: 'registers', unit, table: 'holding', address, words: [changed & 0xffff], functionCode: null })
    },
    trace: () => () => undefined,
    close: async () => undefined,
  }
}

/** A clock on which sleeping takes no time but moves the hands. */
export function instantClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000
  return {
    now: () => now,
    monotonic: () => now,
    advance: (ms) => {
      now += ms
    },
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      now += ms
    },
  }
}

export function illegalAddress(table: RegisterTable, address: number): BridgeError {
  return new BridgeError('DEVICE_EXCEPTION', `${table} register ${address}: illegal address`, {
    details: { exceptionCode: 2 },
  })
}

/** Registers that are listed answer, all others are illegal addresses and never 0. */
export class RegisterImage implements RegisterBank {
  readonly #tables = new Map<RegisterTable, Map<number, number>>()
  readonly writes: RegisterWrite[] = []

  set(table: RegisterTable, address: number, words: readonly number[]): void {
    const registers = this.#tables.get(table) ?? new Map<number, number>()
    this.#tables.set(table, registers)
    for (const [offset, word] of words.entries()) registers.set(address + offset, word)
  }

  has(table: RegisterTable, address: number): boolean {
    return this.#tables.get(table)?.has(address) ?? false
  }

  get(table: RegisterTable, address: number): number | null {
    return this.#tables.get(table)?.get(address) ?? null
  }

  read(request: RegisterRead): readonly number[] {
    return Array.from({ length: request.count }, (_, offset) => {
      const word = this.get(request.table, request.address + offset)
      if (word === null) throw illegalAddress(request.table, request.address + offset)
      return word
    })
  }

  /** Writes are kept in order; a listed register also takes the value. */
  write(request: RegisterWrite): void {
    this.writes.push(request)
    for (const [offset, word] of request.words.entries()) {
      if (this.has(request.table, request.address + offset)) this.set(request.table, request.address + offset, [word])
    }
  }
}
