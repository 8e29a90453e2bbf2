/** How large currents of a site file may be. */

/** Largest circuit breaker there is, generously; 1e9 A is a slip. */
export const MAX_CIRCUIT_AMPS = 10_000
/** IEC 61851-1: no charging current below 6 A; the largest connectors carry 500 A. */
export const MIN_AMPS = 6
export const MAX_STATION_AMPS = 500
