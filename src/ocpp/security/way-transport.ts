/** What a way to the CSMS needs of HTTP and TLS, kept while way and roots stay as they are: to make it costs milliseconds. */
import type { InstalledRoot } from './access-state.ts'
import { type TransportSecurity, transportSecurity } from './transport-security.ts'
import { believedCa } from './trust.ts'
import { type Way, isSameWay } from './ways.ts'

export class WayTransport {
  readonly #stationId: string
  readonly #ca: string | null
  #made: { readonly way: Way; readonly roots: readonly InstalledRoot[]; readonly security: TransportSecurity } | null =
    null

  /** @param ca the site file's own, PEM */
  constructor(stationId: string, ca: string | null) {
    this.#stationId = stationId
    this.#ca = ca
  }

  /** `roots`: another list is taken for other roots. Throws as `transportSecurity`. */
  of(way: Way, roots: readonly InstalledRoot[]): TransportSecurity {
    const made = this.#made
    if (made !== null && isSameWay(made.way, way) && made.roots === roots) return made.security
    const security = transportSecurity({
      profile: way.profile,
      url: way.url,
      stationId: this.#stationId,
      password: way.password === null ? null : Buffer.from(way.password, 'base64'),
      ca: believedCa(this.#ca, roots),
      certificate: way.client?.certificate ?? null,
      privateKey: way.client?.privateKey ?? null,
      partialChain: roots.some(({ issuer }) => issuer !== null),
    })
    this.#made = { way, roots, security }
    return security
  }
}
