/** Fixed times and margins of the balancing core. Those a site may choose are in `BalanceSettings`; these are its inner workings. */

/** Increases are measured against the highest building load of this time; starts against that of the longer one. */
export const PEAK_WINDOW_MS = 30_000
export const PEAK_STRETCH_MS = 5_000
export const START_WINDOW_MS = 240_000
export const START_STRETCH_MS = 30_000
/** A meter value the same to the last bit for this long is suspect (F43). */
export const FROZEN_MS = 60_000
/** Change of our own current that a working meter below it must have seen. */
export const FROZEN_CHANGE_AMPS = 5
/** A parent meter may show this much less than the meters below it: they are read at different times (F44). */
export const DISAGREE_AMPS = 20
/** A car may draw this much above its set-point before it counts as disobeying (error of the charger's meter), or this share of it. */
export const OBEY_MARGIN_AMPS = 1
export const OBEY_MARGIN_SHARE = 0.06
/** A charger that reads back this little more than was ordered has taken the order: it rounds in its own way. */
export const CONFIRM_MARGIN_AMPS = 0.5
/** A set-point read back within this of a step is that step (rounding in the device). */
export const READ_BACK_AMPS = 0.1
/** A difference of estimates below this is noise. */
export const NOISE_AMPS = 0.5
/** Slack of sums of binary fractions. */
export const EPSILON_AMPS = 1e-6
/** What counts for an outlet whose own maximum is not known: the largest in IEC 61851-1 mode 3 use. */
export const LARGEST_OUTLET_AMPS = 80
/** The largest direct-current chargers take some hundred amperes per phase of the site; what is far above is no current. */
export const CREDIBLE_AMPS = 2000
/** IEC 61851-1 Table A.8: a duty cycle cannot say less. */
export const LOWEST_PILOT_AMPS = 6

/** A phase with more than this is used by the car. */
export const PHASE_USED_AMPS = 0.8
/** From this draw on a measurement tells which phases a car uses. */
export const TELLING_AMPS = 3
/** A car that draws this much less than it may has a limit of its own, if it lasts. */
export const BELOW_PILOT_AMPS = 1.5
export const BELOW_PILOT_MS = 45_000
/** A car that draws this close to its cap may want more. */
export const AT_PILOT_AMPS = 0.6
export const GIVE_BACK_AMPS = 5
export const GIVE_BACK_MS = 30_000
/** What the car was found to take is tried again after this. */
export const RETRY_CEILING_MS = 30 * 60_000
/** Offered current and taking none for this long: full, or a timer of its own. */
export const IDLE_MS = 120_000
/** Having charged since the start, a car that takes none is nearly certainly full. */
export const DONE_MS = 30_000
/** A full car is asked again after this: it may want to warm its battery, or have had a timer. */
export const RETRY_FULL_MS = 40 * 60_000
/** What a car of which nothing is known takes on three phases; most on-board chargers have 11 kW. */
export const USUAL_CAR_AMPS = 16
