/** A device that no mapping fits: finds what answers and writes a half-filled mapping. */
import { draftFile, fittingMappings, type Fit, likelyAddresses, readOnceOf, searchRegisters } from '../mapping/index.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { loadableMappings } from './loadable-mappings.ts'
import type { Registry } from './registry.ts'

export interface DraftOptions {
  readonly registry: Registry
  readonly connect: string
  readonly unit: number
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
  readonly clock?: Clock
}

export interface Drafted {
  /** Mappings that fit already, sure ones first. */
  readonly fits: readonly Fit[]
  /** Text of a half-filled file; null when a mapping fits for sure. */
  readonly file: string | null
}

const TIMEOUT_MS = 700

/** Only reads. Ends early with what was found when `signal` aborts. Throws LINK_BAD_URL, LINK_UNREACHABLE. */
export async function draftMapping(options: DraftOptions): Promise<Drafted> {
  const { registry, connect, unit, signal, onProgress } = options
  const clock = options.clock ?? systemClock
  const link = registry.driverOf(connect).open(connect, { clock, random: Math.random, serial: null, echo: false })
  if (link.kind !== 'registers') {
    await link.close()
    throw new BridgeError(
      'LINK_BAD_URL',
      `${link.url}: only a Modbus device can be drafted; for others see docs/mapping.md`,
    )
  }
  try {
    const timing = { timeoutMs: TIMEOUT_MS, pauseMs: 0, retries: 0, connectDelayMs: 0 }
    const readOnce = readOnceOf(link, { timing, urgency: 'normal', signal })
    const mappings = loadableMappings(registry.mappings)
    const fits = await fittingMappings(mappings, unit, readOnce, (share) =>
      onProgress(`trying known models (${Math.round(share * 100)} %)`),
    )
    if (fits.some(({ isSure }) => isSure)) return { fits, file: null }
    const blocks = await searchRegisters(unit, likelyAddresses(mappings), readOnce, signal, (share, found) =>
      onProgress(`looking for registers (${Math.round(share * 100)} %), ${found} answer`),
    )
    const connection = connect.startsWith('tcp:') ? `tcp: ${/:(\d+)$/u.exec(connect)?.[1] ?? 502}` : 'rtu: 9600 8N1'
    return { fits, file: draftFile({ address: connect, unit, connection, identification: null }, blocks) }
  } finally {
    await link.close()
  }
}
