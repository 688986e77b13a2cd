import { stripVTControlCharacters } from 'node:util'

import { createSystemClock, type Ms } from '@octopus/kit/clock.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { RunningServer } from '@octopus/server/compose.ts'

import { createWhyWaiting } from './why-waiting.ts'

const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const VALUE_CHARACTERS_MAX = 60
const WHY_CHARACTERS_MAX = 200
/** Executions whose last told state is remembered; older ones have ended long ago. */
const REMEMBERED_MAX = 10_000
/** What is queued is in somebody's hands at once; what is not by then waits for something that a person can mend. */
const WAITING_MS: Ms = 3_000

/** Prints, live, what runs where with which result, and what something waits for. */
export function tellWhatHappens(server: RunningServer, print: (line: string) => void): Disposable {
  const clock = createSystemClock()
  const whyWaiting = createWhyWaiting(server, clock)
  const told = new Map<ExecutionId, string>()
  const life = new AbortController()
  let tail = Promise.resolve()
  const inTurn = (act: () => Promise<void>): void => void (tail = tail.then(act).catch(() => {}))
  const line = (word: string, where: string, task: string, text: string): void =>
    print(`${TIME.format(clock.wall())}  ${word.padEnd(12)}  ${where.padEnd(14)}  ${shown(task).padEnd(24)}  ${text}`)

  const tell = async (id: ExecutionId): Promise<void> => {
    const execution = await server.store.readExecution({ id })
    if (!execution || told.get(id) === execution.state) return
    if (told.size >= REMEMBERED_MAX) told.clear()
    told.set(id, execution.state)
    const { taskName, clientName, slotLabel, state, reason, result } = execution
    if (state === 'queued') return tellIfItWaits(id, slotLabel, taskName)
    const value = result?.error?.message ?? result?.valueJson ?? (state === 'succeeded' ? '' : (reason ?? ''))
    line(state, clientName ?? slotLabel, taskName, shown(value))
  }
  const tellIfItWaits = (id: ExecutionId, slotLabel: string, taskName: string): void => {
    const look = async (): Promise<void> => {
      const why = await whyWaiting(id)
      if (why !== undefined) line('waiting', slotLabel, taskName, shown(why, WHY_CHARACTERS_MAX))
    }
    clock.after(WAITING_MS, life.signal).then(
      () => inTurn(look),
      () => {},
    )
  }

  const stop = server.engine.bus.on('touched', ({ executions }) => {
    for (const id of executions) inTurn(() => tell(id))
  })
  return {
    [Symbol.dispose]: () => {
      stop()
      life.abort(new Error('the demo stops'))
    },
  }
}

/** Text from clients and plugins is hostile in a terminal too. */
function shown(text: string, charactersMax = VALUE_CHARACTERS_MAX): string {
  const plain = stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
  return plain.length > charactersMax ? `${plain.slice(0, charactersMax - 1)}…` : plain
}
