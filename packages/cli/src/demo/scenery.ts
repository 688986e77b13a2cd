import { join } from 'node:path'

import { createSystemClock } from '@octopus/kit/clock.ts'
import type { CreateTask } from '@octopus/protocol/rest/tasks.ts'
import type { RunningServer } from '@octopus/server/compose.ts'
import { submitTask } from '@octopus/server/tasks/submit-task.ts'

/** The sample plugins that come with Octopus. */
export const SAMPLES_FOLDER = join(import.meta.dirname, '../../../../plugins')
/** Who does what the demo does, in the audit trail. */
export const ACTOR = { kind: 'system', name: 'demo' } as const

/** The users of the demo, made the first time only. `demo` may do everything and signs in by link. */
export async function prepareUsers(server: RunningServer): Promise<void> {
  for (const [name, role] of [
    ['demo', 'admin'],
    ['alice', null],
    ['bob', null],
  ] as const) {
    await server.store.createUser({
      now: createSystemClock().wall(),
      actor: ACTOR,
      name,
      displayName: name,
      role,
      passwordHash: null,
    })
  }
}

/** One task of each kind. Two need nothing but the client itself, two need Python on the PC. */
const TASKS: readonly (CreateTask & { readonly name: string })[] = [
  { name: 'Report of every PC', plugin: 'disk_report', owner: 'all', type: 'ad-hoc' },
  { name: 'An incident, by anyone', plugin: 'create_incident', owner: 'anyone', type: 'ad-hoc' },
  { name: "Alice's own work", plugin: 'my_bau_task', owner: 'user', user: 'alice', type: 'ad-hoc' },
  { name: 'Every five seconds', plugin: 'disk_report', owner: 'anyone', type: 'scheduled', intervalSeconds: 5 },
]

/** What an earlier start made is there already and is not made twice. */
export async function prepareTasks(server: RunningServer): Promise<void> {
  const clock = createSystemClock()
  const known = await taskNames(server)
  for (const wish of TASKS) {
    if (known.has(wish.name)) continue
    const order = { wish, argsJson: JSON.stringify(wish.args ?? []), kwargsJson: JSON.stringify(wish.kwargs ?? {}) }
    await submitTask({ store: server.store, bus: server.engine.bus, clock }, order, ACTOR)
  }
}

async function taskNames(server: RunningServer): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<RunningServer['store']['listTasks']>> = await server.store.listTasks({
      limit: 200,
      after,
      filter: {},
    })
    for (const task of page.items) names.add(task.name)
    after = page.nextKey
  } while (after !== null)
  return names
}
