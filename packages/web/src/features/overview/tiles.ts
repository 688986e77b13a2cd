import type { Answer } from '@octopus/api-client/request.ts'

type Stats = Answer<'getStats'>

/** "97 %" of what ended; a dash when nothing did. Never rounded up to 100 while something failed. */
export function successRate({ succeeded, failed }: Pick<Stats['last24h'], 'succeeded' | 'failed'>): string {
  const ended = succeeded + failed
  if (ended === 0) return '–'
  const percent = (succeeded / ended) * 100
  return `${failed > 0 ? Math.min(99, Math.floor(percent)) : 100} %`
}

/** Whether there is anything at all: before that, the overview shows the first steps. */
export function firstSteps(stats: Stats): { client: boolean; plugin: boolean; task: boolean; done: boolean } {
  const client = stats.clients.known > 0
  const plugin = stats.plugins.total > 0
  const task = stats.tasks.created + stats.tasks.active + stats.tasks.completed > 0
  return { client, plugin, task, done: client && plugin && task }
}
