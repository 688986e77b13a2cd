import { stripVTControlCharacters } from 'node:util'

import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { RunningServer } from '@octopus/server/compose.ts'

const VALUE_CHARACTERS_MAX = 60
/** Executions whose last told state is remembered; older ones have ended long ago. */
const REMEMBERED_MAX = 10_000

/** Prints, live, what runs where with which result. */
export function tellWhatHappens(server: RunningServer, print: (line: string) => void): Disposable {
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
    const time = new Date().toLocaleTimeString('en-GB')
    print(`${time}  ${state.padEnd(12)}  ${where.padEnd(14)}  ${shown(taskName).padEnd(24)}  ${shown(value)}`)
  }
  const stop = server.engine.bus.on('touched', ({ executions }) => {
    for (const id of executions) tail = tail.then(() => tell(id)).catch(() => {})
  })
  return { [Symbol.dispose]: stop }
}

/** Text from clients and plugins is hostile in a terminal too. */
function shown(text: string): string {
  // eslint-disable-next-line no-control-regex
  const plain = stripVTControlCharacters(text).replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    ' ',
  )
  return plain.length > VALUE_CHARACTERS_MAX ? `${plain.slice(0, VALUE_CHARACTERS_MAX - 1)}…` : plain
}
