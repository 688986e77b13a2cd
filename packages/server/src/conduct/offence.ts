/**
 * What a client does that an honest one never does, or hardly ever. Each is refused, answered, counted, and written into
 * the audit trail under this name, summed up.
 */
export const OFFENCES = [
  /** A result of an execution that it does not hold. */
  'result.refuse',
  /** Output for such an execution. */
  'output.refuse',
  /** An entry of its inventory without the server's proof. */
  'inventory.refuse',
  /** `started` or `rejected` of an execution that never was at this client, or `rejected` of one that it rejected before. */
  'attempt.refuse',
  /** What is no message, or has no place where it came: the session ends. */
  'client.bad-message',
  /** It sent faster than it was read, for half a minute together. */
  'client.throttle',
  /** Another PC came with its key while it was connected. */
  'client.duplicate-identity',
] as const

export type Offence = (typeof OFFENCES)[number]
