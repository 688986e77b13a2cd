import type { Counts, ExecutionState } from './states.ts'

type CountsText = Pick<Counts, 'total'> & Readonly<Record<ExecutionState, number>>

/** "38 of 40 done · 1 waiting · 1 failed": how a run stands, most important first. */
export function headline(counts: CountsText): string {
  if (counts.total === 0) return 'Nobody to do it'
  const parts = [`${number(counts.succeeded)} of ${number(counts.total)} done`]
  const add = (count: number, word: string): void => {
    if (count > 0) parts.push(`${number(count)} ${word}`)
  }
  add(counts.running + counts.assigned, 'running')
  add(counts.queued, 'waiting')
  add(counts.disconnected, 'disconnected')
  add(counts.failed, 'failed')
  add(counts['timed-out'], 'timed out')
  add(counts.lost, 'lost')
  add(counts.expired, 'expired')
  add(counts.cancelled, 'cancelled')
  add(counts.skipped, 'skipped')
  return parts.join(' · ')
}

/** Executions that have not ended. */
export function unfinished(counts: CountsText): number {
  return counts.queued + counts.assigned + counts.running + counts.disconnected
}

/** A count with thin spaces between the thousands: "1 842". */
export function number(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
}

/** "1 client", "3 clients". */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`
}
