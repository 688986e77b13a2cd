/** Why a store does not open. Nothing was changed; a person has to act. */
export type StoreRefusal =
  | 'locked'
  | 'newer'
  | 'other-schema'
  | 'not-writable'
  | 'corrupt'
  | 'not-durable'
  | 'disk'
  | 'no-backup'

/** The store refuses to open; the message says why and what to do. Crosses threads as `{ reason, message }`. */
export class StoreRefused extends Error {
  override name = 'StoreRefused'
  readonly reason: StoreRefusal

  constructor(reason: StoreRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
