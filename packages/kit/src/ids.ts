import type { Clock, EpochMs } from './clock.ts'
import type { Random } from './random.ts'

/** Makes ids that are unique and ordered by time of creation: ordered keys insert about twice as fast as random ones. */
export interface IdMaker {
  next(): string
}

/**
 * UUID version 7 (RFC 9562, 5.7): 48 bits of wall time, then a counter of 12 bits that keeps the order within a
 * millisecond, then 62 random bits. When the wall clock steps back or the counter is full, time is counted on from the
 * last id, so that ids of one maker always rise; and from `after`, the time of the last id of an earlier one.
 */
export function createUuidV7Maker(clock: Pick<Clock, 'wall'>, random: Random, after: EpochMs = 0): IdMaker {
  let lastMs = after
  let counter = 0xfff
  return {
    next: () => {
      const now = clock.wall()
      if (now > lastMs) {
        lastMs = now
        counter = 0
      } else if (++counter > 0xfff) {
        lastMs += 1
        counter = 0
      }
      const time = lastMs.toString(16).padStart(12, '0')
      const tail = random.bytes(8)
      tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80
      const rest = tail.toString('hex')
      const count = counter.toString(16).padStart(3, '0')
      return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${rest.slice(0, 4)}-${rest.slice(4)}`
    },
  }
}

/** The time that stands in an id. */
export function timeOfId(id: string): EpochMs {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** Below every id made at this time or later, above every earlier one: ids sort by time. */
export function idFloor(at: EpochMs): string {
  const ms = Math.min(Math.max(0, Math.floor(at)), 0xffff_ffff_ffff)
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}`
}
