import { stripVTControlCharacters } from 'node:util'

import { createSystemClock } from '@octopus/kit/clock.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { RunningServer } from '@octopus/server/compose.ts'

const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const VALUE_CHARACTERS_MAX = 60
/** Executions whose last told state is remembered; older ones have ended long ago. */
const REMEMBERED_MAX = 10_000

/** Prints, live, what runs where with which result. */
export function tellWhatHappens(server: RunningServer, print: (line: string) => void): Disposable {
  const clock = createSystemClock()
  const told = new Map<ExecutionId, string>()
  let tail = Promise.resolve()
  const tell = async (id: ExecutionId): Promise<void> => {
    const execution = await server.store.readExecution({ id })
    if (!execution || execution.state === 'queued' || told.get(id) === execution.state) return
    if (told.size >= REMEMBERED_MAX) told.clear()
    told.set(id, execution.state)
    const { taskName, clientName, slotLabel, state, reason, result } = execution
    const value = result?.error?.message ?? result?.valueJson ?? (state === 'succeeded' ? '' : (reason ?? ''))
    const where = clientName ?? slotLabel
    const time = TIME.format(clock.wall())
    print(`${time}  ${state.padEnd(12)}  ${where.padEnd(14)}  ${shown(taskName).padEnd(24)}  ${shown(value)}`)
  }
  const stop = server.engine.bus.on('touched', ({ executions }) => {
    for (const id of executions) tail = tail.then(() => tell(id)).catch(() => {})
  })
  return { [Symbol.dispose]: stop }
}

/** Text from clients and plugins is hostile in a terminal too. */
function shown(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
  return plain.length > VALUE_CHARACTERS_MAX ? `${plain.slice(0, VALUE_CHARACTERS_MAX - 1)}…` : plain
}
