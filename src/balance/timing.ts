/** Fixed times and margins of the allocator. Those a site may choose are in `BalanceSettings`; these are its inner workings. */

/** A session that has charged this long gives way to the one that waits longest. */
export const QUANTUM_MS = 15 * 60_000
/** Who has waited this long keeps free current for itself, even if others would fit in it now. */
export const STARVING_MS = 2 * QUANTUM_MS
/** Increases are measured against the highest building load of this time. */
export const PEAK_WINDOW_MS = 30_000
export const PEAK_STRETCH_MS = 5_000
/** A meter value the same to the last bit for this long is suspect (F43). */
export const FROZEN_MS = 60_000
/** Change of our own current that a working meter below it must have seen. */
export const FROZEN_CHANGE_AMPS = 5
/** A parent meter may show this much less than the meters below it: they are read at different times (F44). */
export const DISAGREE_AMPS = 20
/** A car may draw this much above its set-point before it counts as disobeying (error of the charger's meter). */
export const OBEY_MARGIN_AMPS = 1
/** A set-point read back within this of a step is that step (rounding in the device). */
export const READ_BACK_AMPS = 0.1
/** A difference of estimates below this is noise. */
export const NOISE_AMPS = 0.5
/** Slack of sums of binary fractions. */
export const EPSILON_AMPS = 1e-6
/** What counts for an outlet whose own maximum is not known: the largest in IEC 61851-1 mode 3 use. */
export const LARGEST_OUTLET_AMPS = 80
/** IEC 61851-1 Table A.8: a duty cycle cannot say less. */
export const LOWEST_PILOT_AMPS = 6
