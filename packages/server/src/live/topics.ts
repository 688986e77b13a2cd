import { refusal } from '@octopus/protocol/errors.ts'
import { TOPIC_PATTERN } from '@octopus/protocol/rest/system.ts'

import type { Facts } from './facts.ts'

/** One page watches a handful; a browser's tabs share a stream. */
export const TOPICS_MAX = 50

/** The topics of a query, each one once. */
export function readTopics(text: string): ReadonlySet<string> {
  const topics = new Set(text.split(',').map((topic) => topic.trim()))
  for (const topic of topics) {
    if (!TOPIC_PATTERN.test(topic)) throw refusal('INVALID_TOPIC', { topic: topic.slice(0, 100) })
  }
  if (topics.size > TOPICS_MAX)
    throw refusal('INVALID_TOPIC', { topic: `${topics.size} topics, of at most ${TOPICS_MAX},` })
  return topics
}

/** Where a fact is news: whole topics, or single things of a kind. */
export interface News {
  readonly topics: readonly string[]
  /** `{task: [id]}` stands for `task:id`. */
  readonly things?: Readonly<Record<string, readonly string[]>>
  /** Every watched thing of these kinds: nobody knows which it was. */
  readonly kinds?: readonly string[]
}

type Translate = { readonly [Name in keyof Facts]: (fact: Facts[Name]) => News }

const aboutClient = ({ client }: { readonly client: string }): News => ({
  topics: ['clients', 'plugins', 'stats'],
  things: { client: [client] },
  // What a client has, or that it came, moves the coverage of any plugin.
  kinds: ['plugin'],
})

/** Which pages each fact is news for. Total: a new fact does not compile before somebody has said it here. */
export const NEWS: Translate = {
  touched: ({ executions, runs, tasks, freed }) => ({
    topics: [
      ...(executions.length > 0 ? ['executions'] : []),
      ...(runs.length > 0 ? ['runs'] : []),
      ...(tasks.length > 0 ? ['tasks'] : []),
      ...(executions.length + runs.length + tasks.length > 0 ? ['stats'] : []),
    ],
    things: { execution: executions, run: runs, task: tasks, client: freed.map(({ client }) => client) },
  }),
  // What was handed over was touched, too.
  'handed-over': () => ({ topics: [] }),
  'task-due': ({ task }) => ({ topics: ['tasks', 'stats'], things: { task: [task] } }),
  'cancel-requested': ({ requests }) => ({
    topics: ['executions'],
    things: { execution: requests.map(({ key }) => key.execution) },
  }),
  'half-cancelled': () => ({ topics: [] }),
  'plugins-changed': ({ name }) => ({ topics: ['plugins', 'stats'], things: { plugin: [name] } }),
  'client-changed': aboutClient,
  'client-revoked': aboutClient,
  'client-deleted': aboutClient,
  'presence-changed': aboutClient,
  // Every task may have something to wait for now, or nothing any more.
  'clock-stepped': () => ({ topics: ['stats', 'tasks'], kinds: ['task'] }),
  'disk-level': () => ({ topics: ['stats', 'tasks'], kinds: ['task'] }),
  'work-stopped': () => ({ topics: ['stats', 'tasks'], kinds: ['task'] }),
  'brake-changed': () => ({ topics: ['stats', 'tasks', 'executions'], kinds: ['task', 'execution'] }),
  'future-fence': () => ({ topics: ['stats', 'tasks', 'executions'] }),
  'output-stored': ({ execution }) => ({ topics: [], things: { output: [execution] } }),
  progressed: ({ execution }) => ({ topics: [], things: { execution: [execution] } }),
  'readings-passed': () => ({ topics: ['plugins', 'tasks', 'stats'], kinds: ['plugin', 'task'] }),
  'client-misbehaved': () => ({ topics: [] }),
  'client-throttled': () => ({ topics: [] }),
  'connection-refused': () => ({ topics: [] }),
  'users-changed': () => ({ topics: [] }),
}
