/** The session protocol this program speaks. Within one number nothing changes, not even an optional field. */
export const PROTOCOL = 1
/** What a server accepts: the current number and the one before it, once there is one. */
export const PROTOCOLS_ACCEPTED: readonly number[] = [PROTOCOL]
export const OCTOPUS_VERSION = '0.1.0'
