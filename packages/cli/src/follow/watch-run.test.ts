import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Api } from '@octopus/api-client/api.ts'
import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { watchRun } from './watch-run.ts'

leakCheck()

/** Every wait ends at the next turn of the loop. */
const clock = { ...createSystemClock(), after: () => new Promise<void>((resolve) => setImmediate(resolve)) }

/** What the server has stored, look by look; at the last one the run has ended. */
const LOOKS = [
  { attempt: 1, text: 'connecting\nno answer from ho' },
  { attempt: 1, text: 'connecting\nno answer from ho' },
  { attempt: 2, text: 'connect' },
  { attempt: 2, text: 'connecting\ndone, and that with many more words\n' },
] as const

function scriptedApi(): Api {
  let look = -1
  const stored = (): (typeof LOOKS)[number] => LOOKS[Math.min(look, LOOKS.length - 1)] ?? LOOKS[0]
  const ended = (): boolean => look >= LOOKS.length - 1
  const page = (from: number): object => {
    const { attempt, text } = stored()
    const rest = text.slice(from)
    const items = rest === '' ? [] : [{ text: rest }]
    return { attempt, items, next: from + rest.length, complete: ended() && from + rest.length >= text.length }
  }
  const answers: Record<string, (asked: { query?: { from?: number } }) => object> = {
    getRun: () => {
      look += 1
      const counts = { succeeded: 0 }
      return { status: ended() ? 'completed' : 'active', counts, audienceSize: 1, cancelRequestedAt: null, task: {} }
    },
    getOutput: ({ query }) => page(query?.from ?? 0),
  }
  return {
    call: async (name: string, asked: object) => answers[name]?.(asked),
    items: async function* () {
      yield { id: 'execution', state: ended() ? 'succeeded' : 'running', client: { name: 'pc' }, slot: { label: 'pc' } }
    },
    events: async function* () {},
  } as unknown as Api
}

it('the output of a second attempt is shown from its first byte, and not glued to the first one’s', async () => {
  const seen: string[] = []
  const screen = {
    expect: () => {},
    line: (who: string, text: string) => void seen.push(`${who} | ${text}`),
    say: (text: string) => void seen.push(text),
    progress: () => {},
    clear: () => {},
  }
  const never = new AbortController().signal
  await watchRun('run' as RunId, { api: scriptedApi(), clock, screen, quiet: false }, never)
  assert.deepEqual(seen, [
    'pc | connecting',
    'pc | no answer from ho',
    'pc: what follows is the output of attempt 2.',
    'pc | connecting',
    'pc | done, and that with many more words',
  ])
})
