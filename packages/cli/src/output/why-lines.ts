import type { Answer } from '@octopus/api-client/request.ts'

import { visible } from '#show/visible.ts'

type Why = Answer<'whyExecution'>
type Step = Why['steps'][number]

/** What a step is, in four columns that people skim: it happened, it is so, it did not happen, it is to come. */
const MARKS: Readonly<Record<Step['state'], string>> = { done: ' ok ', now: ' >> ', never: ' -- ', next: ' .. ' }

/** A newer server may have kinds of steps that this command does not know: their words are enough. */
const MARK_OF_NONE = ' '.repeat(4)

/** Pure: the chain of facts, a line each, with the time and whose clock it is by. Names of PCs and tasks are made harmless. */
export function whyLines({ summary, steps, clockSkewMs, clockSkewFrom }: Why): string {
  const times = steps.map(timeOf)
  const width = Math.max(0, ...times.map(({ length }) => length))
  const lines = steps.map(
    ({ state, text }, index) =>
      `${MARKS[state] ?? MARK_OF_NONE} ${(times[index] ?? '').padEnd(width)}  ${visible(text)}`,
  )
  return [visible(summary), '', ...lines, ...skewLines(clockSkewMs, clockSkewFrom), ''].join('\n')
}

function timeOf({ at, clock, state }: Step): string {
  if (at === null) return ''
  return `${state === 'next' ? 'by ' : ''}${at}${clock === 'client' ? ' (client)' : ''}`
}

function skewLines(ms: number | null, from: Why['clockSkewFrom']): readonly string[] {
  if (ms === null) return []
  const much = `${Math.abs(ms) / 1_000} s ${ms < 0 ? 'behind' : 'ahead of'} the server's`
  return from === 'heartbeat'
    ? ['', `The client's clock was ${much} when its last heartbeat came, give or take its time on the way.`]
    : ['', `The client's clock is at least ${much}.`]
}
