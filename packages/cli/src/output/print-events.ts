import { openApi } from '#account/connection.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'

/** `octopus events`: one line for each event, until Ctrl-C or the server ends the stream. */
export const printEvents: Act = async (given, world) => {
  const api = await openApi(given, world)
  const topics = given.needed('topics').split(',')
  const stop = new AbortController()
  const deaf = world.onInterrupt(() => stop.abort(new Error('interrupted')))
  try {
    for await (const news of api.events(topics, stop.signal)) {
      if (news.length > 0) world.out.write(`${JSON.stringify({ topics: news })}\n`)
    }
    world.err.write('The server has ended the stream.\n')
    return EXIT.unreachable
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    deaf()
  }
}
