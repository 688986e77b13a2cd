import type { Api } from '@octopus/api-client/api.ts'
import { isOfAnotherAttempt, OUTPUT_START, type OutputPlace, placeAfter } from '@octopus/api-client/output-place.ts'
import type { Answer } from '@octopus/api-client/request.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { ExecutionId, RunId } from '@octopus/protocol/ids.ts'

import { LineCutter } from './lines.ts'
import { progressText, waitingText } from './progress.ts'
import type { Screen } from './screen.ts'

type Run = Answer<'getRun'>
type Item = Answer<'listExecutions'>['items'][number]

/** Output is looked for so often while something runs; beside that, every change of the run wakes at once. */
const LOOK_MS: Ms = 400
/** A large run is looked at more slowly, so that those who watch are no load. */
const LOOK_LARGE_MS: Ms = 2_000
const LARGE = 100
/** Readers of output side by side. */
const READERS = 8
/** Before a stream of events that broke is asked for again. */
const EVENTS_AGAIN_MS: Ms = 1_000

interface Watched {
  readonly lines: LineCutter
  read: OutputPlace
  complete: boolean
}

/** What watching works with. */
export interface WatchNeeds {
  readonly api: Api
  readonly clock: Clock
  readonly screen: Screen
  /** Wait only; no output. */
  readonly quiet: boolean
}

/** Shows what happens in a run until it has ended and all its output has been shown. Answers the run and its executions. */
export async function watchRun(
  id: RunId,
  needs: WatchNeeds,
  signal: AbortSignal,
): Promise<{ readonly run: Run; readonly items: readonly Item[] }> {
  const { api, clock, screen, quiet } = needs
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const wake = createSignal()
  const listening = wakeAtNews([`run:${id}`], needs, wake.wake, either)
  const watched = new Map<ExecutionId, Watched>()
  let waiting = ''
  try {
    for (;;) {
      const run = await api.call('getRun', { params: { id } }, signal)
      const items = await everyExecution(api, id, signal)
      screen.expect(items.map(nameOf))
      if (!quiet) await readOutputs(items, watched, needs, signal)
      const text = items.every(({ state }) => state === 'queued') ? await waitsFor(api, run, signal) : ''
      if (text !== '' && text !== waiting) screen.say(text)
      waiting = text
      screen.progress(progressText(run))
      const shown = quiet || items.every((item) => watched.get(item.id as ExecutionId)?.complete)
      if (run.status === 'completed' && shown) return { run, items }
      const pace = items.length > LARGE ? LOOK_LARGE_MS : LOOK_MS
      await firstOf(
        either,
        (stop) => wake.woken(stop),
        (stop) => clock.after(pace, stop),
      )
      signal.throwIfAborted()
    }
  } finally {
    screen.clear()
    over.abort(new Error('watched to the end'))
    await listening
  }
}

const nameOf = (item: Item): string => item.client?.name ?? item.slot.label

async function everyExecution(api: Api, run: RunId, signal: AbortSignal): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of api.items('listExecutions', { query: { run, limit: 200 } }, signal)) items.push(item)
  return items.toReversed()
}

/** Why nothing moves, in the server's words. */
async function waitsFor(api: Api, run: Run, signal: AbortSignal): Promise<string> {
  if (run.status === 'completed') return ''
  const task = await api.call('getTask', { params: { id: run.task.id } }, signal)
  return waitingText(task)
}

async function readOutputs(
  items: readonly Item[],
  watched: Map<ExecutionId, Watched>,
  needs: WatchNeeds,
  signal: AbortSignal,
): Promise<void> {
  const open = items.filter(({ state }) => state !== 'queued' && state !== 'assigned')
  const waiting = open.values()
  const reader = async (): Promise<void> => {
    for (const item of waiting) {
      const id = item.id as ExecutionId
      const one = watched.get(id) ?? { lines: new LineCutter(), read: OUTPUT_START, complete: false }
      watched.set(id, one)
      if (!one.complete) await readOutput(item, one, needs, signal)
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader))
}

async function readOutput(item: Item, one: Watched, { api, screen }: WatchNeeds, signal: AbortSignal): Promise<void> {
  const who = nameOf(item)
  for (;;) {
    const page = await api.call('getOutput', { params: { id: item.id }, query: { from: one.read.next } }, signal)
    if (isOfAnotherAttempt(one.read, page)) {
      for (const line of one.lines.end()) screen.line(who, line)
      screen.say(`${who}: what follows is the output of attempt ${page.attempt}.`)
      one.read = OUTPUT_START
      continue
    }
    for (const line of one.lines.take(page.items.map(({ text }) => text).join(''))) screen.line(who, line)
    one.complete = page.complete
    const more = page.next > one.read.next
    one.read = placeAfter(one.read, page)
    if (!more || page.complete) break
  }
  if (one.complete) for (const line of one.lines.end()) screen.line(who, line)
}

/** Calls at every event, and once when the stream begins. A stream that breaks costs time, never news: others look too. */
export async function wakeAtNews(
  topics: readonly string[],
  { api, clock }: Pick<WatchNeeds, 'api' | 'clock'>,
  wake: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _ of api.events(topics, signal)) wake()
    } catch {
      // Asked for again below; the loop that waits looks by itself meanwhile.
    }
    await clock.after(EVENTS_AGAIN_MS, signal).catch(() => {})
  }
}
