import { RULES } from '@octopus/server/executions/execution.ts'

type AnyRule = (from: object, event: object) => { readonly state: string }

/** How often each rule of the state table has been applied. */
export type TransitionCounts = Readonly<Record<string, number>>

const counts = new Map<string, number>()
let isWatched = false

/** Every rule of the table by its name: the state it starts from, and the event. */
export const TRANSITIONS: readonly string[] = Object.entries(RULES).flatMap(([state, rules]) =>
  Object.keys(rules).map((event) => nameOf(state, event)),
)

/**
 * From now on every use of a rule is counted, in this process. The table itself is watched: what the store holds after
 * a step shows neither what came and went in between nor which event it was.
 */
export function watchTransitions(): void {
  if (isWatched) return
  isWatched = true
  for (const [state, rules] of Object.entries(RULES)) {
    const table = rules as Record<string, AnyRule>
    for (const [event, rule] of Object.entries(table)) {
      const name = nameOf(state, event)
      table[event] = (from, happened) => {
        counts.set(name, (counts.get(name) ?? 0) + 1)
        return rule(from, happened)
      }
    }
  }
}

/** What was counted since the last call. */
export function takeTransitions(): TransitionCounts {
  const taken = Object.fromEntries(counts)
  counts.clear()
  return taken
}

function nameOf(state: string, event: string): string {
  return `${state} ${event}`
}
