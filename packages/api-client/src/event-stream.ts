/** A line of the stream beyond this is no event of ours. */
const BUFFER_CHARACTERS_MAX = 262_144

/**
 * The topics of each event of `GET /events`. The first answer is empty and comes with the stream's first bytes: the
 * server watches from then on, so whoever reads the state afterwards misses nothing.
 */
export async function* eventTopics(body: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  let buffer = ''
  let begun = false
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    if (!begun) yield []
    begun = true
    buffer += decoder.decode(bytes, { stream: true })
    if (buffer.length > BUFFER_CHARACTERS_MAX) throw new Error('the stream of events holds a line that is too long')
    const events = buffer.split('\n\n')
    buffer = events.pop() ?? ''
    for (const event of events) {
      const topics = topicsOf(event)
      if (topics.length > 0) yield topics
    }
  }
}

function topicsOf(event: string): readonly string[] {
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .join('\n')
  if (data === '') return []
  try {
    const parsed = JSON.parse(data) as { topics?: unknown }
    return Array.isArray(parsed.topics) ? parsed.topics.filter((topic) => typeof topic === 'string') : []
  } catch {
    return []
  }
}
