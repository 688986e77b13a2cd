import type { Api } from '@octopus/api-client/api.ts'
import type { Answer } from '@octopus/api-client/request.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { exactJson } from '#calls/json-text.ts'
import { printJson } from '#calls/print.ts'
import type { Given } from '#command-line/given.ts'
import { EXIT } from '#exit-codes.ts'
import { aligned } from '#show/table.ts'
import { cutTo, visible } from '#show/visible.ts'
import type { World } from '#world.ts'

import { endText, exitCodeOf } from './progress.ts'
import { createScreen, type Screen } from './screen.ts'
import { watchRun } from './watch-run.ts'

type Item = Answer<'listExecutions'>['items'][number]

/** Results beyond these are counted, not listed: "octopus run results" groups them. */
const RESULTS_SHOWN_MAX = 50
const RESULT_COLUMNS_MAX = 100

export interface FollowOrder {
  readonly given: Given
  readonly world: World
  readonly api: Api
  /** Finds the run, waiting for it if it must be made yet. Undefined when there will be none, after it said so. */
  run(screen: Screen, signal: AbortSignal): Promise<RunId | undefined>
  /** Asks the server to cancel what is followed. */
  cancel(): Promise<void>
  /** The command that cancels it, to be told. */
  readonly cancelCommand: string
}

type Stop = 'interrupted' | 'too-late'

/** Shows a run until its end, a limit of time, or Ctrl-C. Answers the exit code. */
export async function follow(order: FollowOrder): Promise<number> {
  const { given, world, api } = order
  const screen = createScreen(world, given.has('json'))
  const stop = new AbortController()
  const done = new AbortController()
  let why: Stop | undefined
  const end = (reason: Stop): void => {
    why ??= reason
    stop.abort(new Error(reason))
  }
  const seconds = given.number('wait-seconds')
  if (seconds !== undefined) {
    world.clock.after(seconds * 1_000, done.signal).then(
      () => end('too-late'),
      () => {},
    )
  }
  let cancelling = false
  const deaf = world.onInterrupt(() => {
    if (!given.truth('cancel-on-interrupt') || cancelling) return end('interrupted')
    cancelling = true
    screen.say('Cancelling. Once more Ctrl-C stops watching.')
    order.cancel().catch((error: unknown) => screen.say(`It could not be cancelled: ${String(error)}`))
  })
  try {
    const id = await order.run(screen, stop.signal)
    if (id === undefined) return cancelling ? EXIT.interrupted : EXIT.failed
    const quiet = given.truth('quiet') ?? false
    const { run, items } = await watchRun(id, { api, clock: world.clock, screen, quiet }, stop.signal)
    if (given.has('json')) printJson((await api.send('getRun', { params: { id } })).text, world)
    else world.out.write(await results(api, items))
    screen.say(endText(run))
    return cancelling ? EXIT.interrupted : exitCodeOf(run)
  } catch (error) {
    if (why === undefined) throw error
    screen.clear()
    screen.say(
      why === 'too-late'
        ? `It has not ended within ${seconds} s. It goes on; to cancel it: ${order.cancelCommand}`
        : `No longer watched; it goes on. To cancel it: ${order.cancelCommand}`,
    )
    return why === 'too-late' ? EXIT.waitedTooLong : EXIT.interrupted
  } finally {
    deaf()
    done.abort(new Error('followed to the end'))
  }
}

/** A line for each execution: who, how it ended, and what it returned. */
async function results(api: Api, items: readonly Item[]): Promise<string> {
  const lines: string[][] = []
  for (const item of items.slice(0, RESULTS_SHOWN_MAX)) {
    const { text } = await api.send('getExecution', { params: { id: item.id } })
    const { result, reason } = exactJson(text, 'The answer') as Answer<'getExecution'>
    const value = result?.error?.message ?? (result && 'value' in result ? JSON.stringify(result.value) : undefined)
    const who = visible(item.client?.name ?? item.slot.label)
    lines.push([who, item.state, cutTo(visible(value ?? reason ?? ''), RESULT_COLUMNS_MAX)])
  }
  const rest = items.length - lines.length
  return aligned(lines) + (rest > 0 ? `… and ${rest} more: octopus run results\n` : '')
}
