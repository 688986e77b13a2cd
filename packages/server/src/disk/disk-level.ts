/**
 * `low`: output waits with its clients. `full`: nothing that makes new work is taken either; results still are, for
 * which the rest is kept.
 */
export const DISK_LEVELS = ['roomy', 'low', 'full'] as const
export type DiskLevel = (typeof DISK_LEVELS)[number]

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Below it output is not taken: it is what fills disks. Of a small disk a twentieth counts. */
const LOW_BYTES = 536_870_912
const LOW_SHARE = 1 / 20
/** Room for the results of what is under way, and for the store's own log, which grows before it shrinks. */
const FULL_BYTES = 134_217_728
const FULL_SHARE = 1 / 40
/** A level ends when there is so much more: a disk that is swept and filled again shall not switch back and forth. */
const BACK = 1.25

/** Pure: what the room on the disk allows now, given what was allowed before. */
export function diskLevel({ freeBytes, totalBytes }: DiskSpace, before: DiskLevel): DiskLevel {
  const mark = (bytes: number, share: number, isIn: boolean): number =>
    Math.min(bytes, totalBytes * share) * (isIn ? BACK : 1)
  if (freeBytes < mark(FULL_BYTES, FULL_SHARE, before === 'full')) return 'full'
  return freeBytes < mark(LOW_BYTES, LOW_SHARE, before !== 'roomy') ? 'low' : 'roomy'
}
