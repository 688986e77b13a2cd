import type { Answer } from '@octopus/api-client/request.ts'

import { countOf } from '#domain/counts.ts'

export type Need = Answer<'getStats'>['needsYou'][number]

/** What is wrong, in words, with the number of those it is wrong with. */
export function needWords({ kind, count }: Pick<Need, 'kind' | 'count'>): string {
  const few = count >= 1_000 ? `${count} or more` : ''
  switch (kind) {
    case 'clients-vanished':
      return `${few || count} ${count === 1 ? 'client fell' : 'clients fell'} silent without a goodbye`
    case 'tasks-expired':
      return `${few || countOf(count, 'task')}${few ? ' tasks' : ''} expired: nobody did the last run in time`
    case 'plugins-failing':
      return `${few || count} ${count === 1 ? 'plugin keeps' : 'plugins keep'} failing`
    case 'clients-pending':
      return `${few || count} ${count === 1 ? 'client waits' : 'clients wait'} for approval`
    case 'work-stopped':
      return 'All work is stopped'
    default:
      return kind
  }
}
