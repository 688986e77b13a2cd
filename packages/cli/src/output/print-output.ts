import { isOfAnotherAttempt, OUTPUT_START, placeAfter } from '@octopus/api-client/output-place.ts'
import type { Answer } from '@octopus/api-client/request.ts'
import type { Ms } from '@octopus/kit/clock.ts'

import { openApi } from '#account/connection.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'
import { visibleLines } from '#show/visible.ts'

/** So often output is looked for while the execution goes on. */
const LOOK_MS: Ms = 400

/** `octopus execution output`: a file gets the text as it is, a terminal gets it harmless. */
export const printOutput: Act = async (given, world) => {
  const api = await openApi(given, world)
  const params = { id: given.needed('id') }
  if (given.has('raw')) {
    world.out.write((await api.send('getOutput', { params, query: { raw: '1' } })).text)
    return EXIT.done
  }
  const stop = new AbortController()
  const deaf = world.onInterrupt(() => stop.abort(new Error('interrupted')))
  try {
    let read = OUTPUT_START
    let last = ''
    for (;;) {
      const { text } = await api.send('getOutput', { params, query: { from: read.next } }, stop.signal)
      const page = JSON.parse(text) as Answer<'getOutput'>
      if (isOfAnotherAttempt(read, page)) {
        if (!given.has('json') && !last.endsWith('\n')) world.out.write('\n')
        world.err.write(`What follows is the output of attempt ${page.attempt}.\n`)
        read = OUTPUT_START
        continue
      }
      const printed = page.items.map((item) => item.text).join('')
      if (given.has('json')) printJson(text, world)
      else world.out.write(world.out.isTerminal ? visibleLines(printed) : printed)
      if (printed !== '') last = printed
      const more = page.next > read.next
      read = placeAfter(read, page)
      if (page.complete || (!more && !given.truth('follow'))) return EXIT.done
      if (!more) await world.clock.after(LOOK_MS, stop.signal)
    }
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    deaf()
  }
}
