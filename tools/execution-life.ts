import { EXECUTION_STATES, RETRY_ENDS } from '@octopus/protocol/work.ts'
import { RULES } from '@octopus/server/executions/execution.ts'

/** How the attempt before a next one that never came may have ended. */
const EARLIER = RETRY_ENDS.map((end) => ({ end, reason: 'r' }))

/** Sample facts for every event, enough for each rule to say which state it leads to. */
const SAMPLES = {
  'handed-over': [{ on: 'handed-over', client: 'c', fence: 2 }],
  ended: ['succeeded', 'failed', 'timed-out', 'cancelled', 'lost'].map((end) => ({ on: 'ended', end, reason: 'r' })),
  'deadline-passed': [{ on: 'deadline-passed' }, ...EARLIER.map((earlier) => ({ on: 'deadline-passed', earlier }))],
  refused: [
    { on: 'refused', reason: 'runtime-missing' },
    { on: 'refused', reason: 'too-late' },
    ...EARLIER.map((earlier) => ({ on: 'refused', reason: 'too-late', earlier })),
  ],
} as Readonly<Record<string, readonly object[]>>

type AnyRule = (from: object, event: object) => { readonly state: string }

/** The state diagram of an execution, made from the rules that the program runs by. */
export function executionLifeDiagram(): string {
  const lines = ['stateDiagram-v2', '  [*] --> queued', '  [*] --> skipped: overlap']
  for (const state of EXECUTION_STATES) {
    const from = { state, client: 'c', fence: 1 }
    for (const [event, rule] of Object.entries(RULES[state] as Readonly<Record<string, AnyRule>>)) {
      const targets = (SAMPLES[event] ?? [{ on: event, reason: 'r' }]).map((sample) => rule(from, sample).state)
      for (const to of new Set(targets)) lines.push(`  ${id(state)} --> ${id(to)}: ${event}`)
    }
    if (Object.keys(RULES[state]).length === 0) lines.push(`  ${id(state)} --> [*]`)
  }
  return lines.join('\n')
}

/** Mermaid takes no hyphen in a name. */
function id(state: string): string {
  return state.replace('-', '_')
}
