/**
 * The parameters of a station controller as the field knows them (the OCPP keys of the site's own station), changeable while it runs and
 * effective at the next control tick.
 */
export interface ControllerParameters {
  /** percentsupplyuseable: share of each root circuit's limit that may be used, 1 to 100 %. */
  readonly usableSharePercent: number
  /** tolerancechargecurrent: a charger's set-point is not changed by less, unless a limit needs it. */
  readonly chargerDeadBandAmps: number
  /** tolerancestationcurrent: set-points do not rise before this much has become free on the site. */
  readonly siteDeadBandAmps: number
  /** currentreserve: kept free per phase for each car that may arrive. */
  readonly arrivalReserveAmps: number
  /** numreserve: for how many arriving cars. */
  readonly reservedArrivals: number
  /** Most current of an outlet (`STATION/EVSE`) that a person set; the charger's own maximum counts too. */
  readonly outletMaxAmps: ReadonlyMap<string, number>
  /** Most current per phase of a circuit that a person set; its fuse counts too. */
  readonly circuitMaxAmps: ReadonlyMap<string, number>
}

/** Of a site without a station controller: all of the supply, nothing kept free. */
export const PLAIN_PARAMETERS: ControllerParameters = {
  usableSharePercent: 100,
  chargerDeadBandAmps: 1,
  siteDeadBandAmps: 0,
  arrivalReserveAmps: 0,
  reservedArrivals: 0,
  outletMaxAmps: new Map(),
  circuitMaxAmps: new Map(),
}

/** What station controllers of the field start with. */
export const FIELD_PARAMETERS: ControllerParameters = {
  ...PLAIN_PARAMETERS,
  usableSharePercent: 80,
  chargerDeadBandAmps: 0.5,
  siteDeadBandAmps: 5,
  arrivalReserveAmps: 6,
  reservedArrivals: 3,
}
