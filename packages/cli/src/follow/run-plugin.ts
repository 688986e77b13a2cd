import type { Answer } from '@octopus/api-client/request.ts'
import type { Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { secretText } from '@octopus/kit/random.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { openApi } from '#account/connection.ts'
import { exactJson, typedArguments } from '#calls/json-text.ts'
import { printJson } from '#calls/print.ts'
import { ownerOf } from '#calls/task-fields.ts'
import type { Given } from '#command-line/given.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'

import { follow } from './follow.ts'
import { neverRanText, waitingText } from './progress.ts'
import { wakeAtNews, type WatchNeeds } from './watch-run.ts'

/** The planner makes a run at once; when nobody says so, it is looked for this often. */
const LOOK_MS: Ms = 1_000

/** `octopus run <plugin>`: an ad-hoc task, and with `--follow` its run until the end. */
export const runPlugin: Act = async (given, world) => {
  const body = taskOf(given)
  const api = await openApi(given, world)
  // The key lets a lost answer be asked for again without running anything twice.
  const { text } = await api.send('createTask', { body, key: secretText(world.random, 16) })
  const task = JSON.parse(text) as Answer<'createTask'>
  if (!given.truth('follow')) {
    if (given.has('json')) printJson(text, world)
    else world.out.write(`${task.id}\n`)
    world.err.write(`Created. What becomes of it: octopus task show ${task.id}\n`)
    return EXIT.done
  }
  return follow({
    given,
    world,
    api,
    run: (screen, signal) => firstRun(task.id, { api, clock: world.clock, screen }, signal),
    cancel: async () => void (await api.call('cancelTask', { params: { id: task.id } })),
    cancelCommand: `octopus task cancel ${task.id}`,
  })
}

/** `octopus run follow <id>` */
export const followRun: Act = async (given, world) => {
  const api = await openApi(given, world)
  const id = given.needed('id')
  return follow({
    given,
    world,
    api,
    run: async () => id as RunId,
    cancel: async () => void (await api.call('cancelRun', { params: { id } })),
    cancelCommand: `octopus run cancel ${id}`,
  })
}

function taskOf(given: Given): Record<string, unknown> {
  const typed = given.texts('arg')
  if (typed.length > 0 && (given.has('args') || given.has('kwargs')))
    throw new UsageError('Give --arg, or --args and --kwargs, not both.')
  const json = (flag: string): unknown => exactJson(given.text(flag) ?? '', `--${flag}`)
  const wish: Record<string, unknown> = {
    name: given.text('name'),
    plugin: given.needed('plugin'),
    action: given.argument('action'),
    ...(typed.length > 0 && typedArguments(typed)),
    ...(given.has('args') && { args: json('args') }),
    ...(given.has('kwargs') && { kwargs: json('kwargs') }),
    ...ownerOf(given.text('on') ?? ''),
    type: 'ad-hoc',
    timeoutSeconds: given.number('timeout-seconds'),
    deadlineSeconds: given.number('deadline-seconds'),
  }
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined))
}

/** The run of a new task; undefined when the task ends without one, which is said. */
async function firstRun(
  id: string,
  needs: Pick<WatchNeeds, 'api' | 'clock' | 'screen'>,
  signal: AbortSignal,
): Promise<RunId | undefined> {
  const { api, clock, screen } = needs
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const wake = createSignal()
  const listening = wakeAtNews([`task:${id}`], needs, wake.wake, either)
  let waiting = ''
  try {
    for (;;) {
      // The task before its runs: one that has ended by now gets no more of them.
      const task = await api.call('getTask', { params: { id } }, signal)
      const { items } = await api.call('listTaskRuns', { params: { id }, query: {} }, signal)
      const first = items.at(-1)
      if (first) return first.id as RunId
      if (task.status === 'completed') {
        screen.say(neverRanText(task))
        return undefined
      }
      const text = waitingText(task)
      if (text !== '' && text !== waiting) screen.say(text)
      waiting = text
      screen.progress('planned …')
      await firstOf(
        either,
        (stop) => wake.woken(stop),
        (stop) => clock.after(LOOK_MS, stop),
      )
      signal.throwIfAborted()
    }
  } finally {
    over.abort(new Error('the run is there, or will never be'))
    await listening
  }
}
