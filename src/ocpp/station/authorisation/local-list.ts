/** The local authorisation list of a station (OCPP 1.6 §3.5.2, §5.10, §5.15): sent by the CSMS, stored before it is answered. */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { IdTokenInfo } from '../../../model/csms.ts'
import type { CsmsExchange, LocalListEntry } from '../../../model/csms-request.ts'
import type { StationHappening } from '../../../model/event.ts'

type Update = CsmsExchange['send-local-list']['request']
export type UpdateStatus = CsmsExchange['send-local-list']['response']['status']

export interface LocalListOptions {
  readonly ledger: Pick<Ledger, 'localList' | 'replaceLocalList' | 'changeLocalList'>
  readonly stationId: string
  readonly emit: (happening: StationHappening) => void
  /** LocalAuthListMaxLength and SendLocalListMaxLength. */
  readonly limits: () => { readonly entries: number; readonly update: number }
}

export class LocalList {
  readonly #options: LocalListOptions
  #version = 0
  /** By the identifier in lower case. */
  #entries = new Map<string, IdTokenInfo>()

  constructor(options: LocalListOptions) {
    this.#options = options
  }

  async load(): Promise<void> {
    const { ledger, stationId } = this.#options
    const { version, entries } = await ledger.localList(stationId)
    this.#version = version
    this.#entries = changed(new Map(), entries)
  }

  /** For GetLocalListVersion: 0 says that the list is empty (§5.10). */
  get version(): number {
    return this.#entries.size === 0 ? 0 : this.#version
  }

  find(idToken: string): IdTokenInfo | null {
    return this.#entries.get(idToken.toLowerCase()) ?? null
  }

  /** Throws as the ledger does, and the list stays as it was then. */
  async update(request: Update): Promise<UpdateStatus> {
    const { ledger, stationId, emit, limits } = this.#options
    const { version, update, entries } = request
    const problem = updateProblem(request, this.version, limits().update)
    if (problem !== null) return problem
    const next = changed(update === 'full' ? new Map() : this.#entries, entries)
    if (next.size > limits().entries) return 'failed'
    if (update === 'full') await ledger.replaceLocalList(stationId, version, entries)
    else await ledger.changeLocalList(stationId, version, entries)
    this.#version = version
    this.#entries = next
    emit({ kind: 'local-list', version, entries: next.size })
    return 'accepted'
  }
}

/** Null: it may be tried. */
export function updateProblem(
  { version, update, entries }: Update,
  installed: number,
  maxUpdate: number,
): 'failed' | 'version-mismatch' | null {
  // 0 says "empty" and -1 "not supported" (§5.10): no list with entries has them.
  if (version < 0 || (version === 0 && (update === 'differential' || entries.length > 0))) return 'failed'
  // A difference to an older list, or one that is there already; a full list may have any version (§5.15).
  if (update === 'differential' && version <= installed) return 'version-mismatch'
  if (entries.length > maxUpdate) return 'failed'
  const names = new Set(entries.map(({ idToken }) => idToken.toLowerCase()))
  if (names.size < entries.length) return 'failed'
  return update === 'full' && entries.some(({ info }) => info === null) ? 'failed' : null
}

function changed(
  before: ReadonlyMap<string, IdTokenInfo>,
  entries: readonly LocalListEntry[],
): Map<string, IdTokenInfo> {
  const next = new Map(before)
  for (const { idToken, info } of entries) {
    if (info === null) next.delete(idToken.toLowerCase())
    else next.set(idToken.toLowerCase(), info)
  }
  return next
}
