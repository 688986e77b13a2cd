import type { Api } from '@octopus/api-client/api.ts'
import type { Answer } from '@octopus/api-client/request.ts'
import { secretText } from '@octopus/kit/random.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { openApi } from '#account/connection.ts'
import { typedArguments } from '#calls/json-text.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'
import { follow } from '#follow/follow.ts'

import { readSourceFile } from './source-file.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `octopus plugin try`: one client, now; nothing is published. */
export const tryOut: Act = async (given, world) => {
  const path = given.text('file')
  const file = path === undefined ? undefined : await readSourceFile(path, given, world)
  const api = await openApi(given, world)
  const timeoutSeconds = given.number('timeout-seconds')
  const action = given.argument('action')
  const body = {
    client: await clientOf(api, given.text('client') ?? ''),
    ...(file && { source: file.source, language: file.language }),
    ...(action !== undefined && { action }),
    ...typedArguments(given.texts('arg')),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  }
  const params = { name: given.needed('name') }
  const { text } = await api.send('tryPlugin', { params, body, key: secretText(world.random, 16) })
  const execution = JSON.parse(text) as Answer<'tryPlugin'>
  if (!given.truth('follow')) {
    if (given.has('json')) printJson(text, world)
    else world.out.write(`${execution.id}\n`)
    world.err.write(`Tried. What becomes of it: octopus execution show ${execution.id}\n`)
    return EXIT.done
  }
  return follow({
    given,
    world,
    api,
    run: async () => execution.run as RunId,
    cancel: async () => void (await api.call('cancelRun', { params: { id: execution.run } })),
    cancelCommand: `octopus run cancel ${execution.run}`,
  })
}

/** A client by its id, or by its name when only one is called so. */
async function clientOf(api: Api, text: string): Promise<string> {
  if (UUID.test(text)) return text
  const { items } = await api.call('listClients', { query: { name: text, limit: 200 } })
  const same = items.filter(({ name }) => name === text)
  const [only] = same
  if (only && same.length === 1) return only.id
  const why = same.length === 0 ? 'No client is' : `${same.length} clients are`
  throw new UsageError(`${why} called "${text}". Say its id: octopus client list.`)
}
