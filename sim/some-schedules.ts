import { pickIndex } from '@octopus/kit/random.ts'
import { CATCH_UPS, OVERLAPS, OWNERS } from '@octopus/protocol/work.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

import type { World } from './world.ts'

/** By an interval and by the calendar, each with policies by chance; either ends before the rest begins. */
export async function submitSchedules(world: World): Promise<void> {
  const { random } = world
  const any = <T>(words: readonly T[], first: T): T => words[pickIndex(random, words.length)] ?? first
  const startAt = world.clock.wall() + 5_000
  const policies = (): Partial<TaskDefinition> => ({
    type: 'scheduled',
    startAt,
    catchUp: any(CATCH_UPS, 'last'),
    overlap: any(OVERLAPS, 'skip'),
  })
  const interval = { ...policies(), endAt: startAt + 60_000, intervalMs: 4_000 }
  await world.during(world.submit('all', any([500, 6_000], 500), interval))
  const calendar = { ...policies(), endAt: startAt + 300_000, cron: '* * * * *', timeZone: 'Australia/Lord_Howe' }
  await world.during(world.submit(any(OWNERS, 'all'), any([500, 90_000], 500), calendar))
}
