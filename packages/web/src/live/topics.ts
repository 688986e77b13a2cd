/**
 * The rule that joins live events and queries: **the first element of a query's key is the topic its data belongs to**.
 * A topic that has news makes every query under it read again; the topics of the queries that are shown right now are
 * the ones the stream asks for.
 */
const TOPIC =
  /^(?:clients|plugins|tasks|runs|executions|stats|(?:client|task|run|execution|output):[0-9a-f-]{36}|plugin:[A-Za-z][A-Za-z0-9_-]{0,62})$/

/** The server takes 2,000 characters; a page that shows more single things than fit watches their lists instead. */
const TOPICS_CHARACTERS_MAX = 1_900

const LIST_OF: Readonly<Record<string, string>> = {
  client: 'clients',
  plugin: 'plugins',
  task: 'tasks',
  run: 'runs',
  execution: 'executions',
}

/** The topic of a query key; undefined for what no event tells of, like the users. */
export function topicOf(queryKey: readonly unknown[]): string | undefined {
  const [first] = queryKey
  return typeof first === 'string' && TOPIC.test(first) ? first : undefined
}

/** The topics to ask for, sorted, within the server's limit. */
export function askedTopics(wanted: Iterable<string>): readonly string[] {
  const topics = [...new Set(wanted)].sort()
  if (topics.join(',').length <= TOPICS_CHARACTERS_MAX) return topics
  const coarse = topics.map((topic) => LIST_OF[topic.split(':', 1)[0] ?? ''] ?? topic)
  const fewer = [...new Set(coarse)].sort()
  return fewer.slice(0, Math.floor(TOPICS_CHARACTERS_MAX / 44))
}

/** Whether news of `topic` concerns a query under `own`: its own topic, or its list's when only that could be asked for. */
export function concerns(topic: string, own: string, asked: ReadonlySet<string>): boolean {
  if (topic === own) return true
  return !asked.has(own) && LIST_OF[own.split(':', 1)[0] ?? ''] === topic
}

/** Reads the data of a `changed` event; anything else is no news. */
export function changedTopics(data: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(data)
    if (typeof parsed !== 'object' || parsed === null || !('topics' in parsed)) return []
    const { topics } = parsed
    return Array.isArray(topics) ? topics.filter((topic): topic is string => typeof topic === 'string') : []
  } catch {
    return []
  }
}
