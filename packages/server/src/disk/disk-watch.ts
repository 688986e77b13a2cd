import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Log } from '@octopus/kit/log.ts'

import type { ServerBus } from '#live/facts.ts'

import { type DiskLevel, diskLevel, type DiskSpace } from './disk-level.ts'

export interface DiskWatchNeeds {
  readonly space: () => Promise<DiskSpace>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

export interface DiskWatch {
  level(): DiskLevel
  /** As it was looked at last; null before the first look. */
  space(): DiskSpace | null
  /** Looks once. */
  look(): Promise<void>
  /** Looks every few seconds, until the signal. */
  run(signal: AbortSignal): Promise<void>
}

/** At 100 MB/s a disk loses half of what the lower mark leaves in this time. */
const LOOK_MS: Ms = 2_000

/** Knows how much room the data folder's disk has, and says when that changes what the server takes. */
export function createDiskWatch({ space, bus, clock, log }: DiskWatchNeeds): DiskWatch {
  let level: DiskLevel = 'roomy'
  let last: DiskSpace | null = null
  const look = async (): Promise<void> => {
    try {
      last = await space()
    } catch (error) {
      // A disk that cannot be asked is not called full: the store says so when it is.
      if (last !== null) log.warn('disk-unknown', { error: String(error) })
      last = null
      return
    }
    const next = diskLevel(last, level)
    if (next === level) return
    const { freeBytes } = last
    if (next === 'roomy') log.info('disk-has-room', { freeBytes })
    else log.error(`disk-${next}`, { freeBytes })
    level = next
    bus.publish('disk-level', { level })
  }
  return {
    level: () => level,
    space: () => last,
    look,
    run: async (signal) => {
      while (!signal.aborted) {
        await look()
        await firstOf(signal, (either) => clock.after(LOOK_MS, either))
      }
    },
  }
}
