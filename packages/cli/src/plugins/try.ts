import type { Answer } from '@octopus/api-client/request.ts'
import { secretText } from '@octopus/kit/random.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { openApi } from '#account/connection.ts'
import { clientIdOf } from '#calls/client-id.ts'
import { typedArguments } from '#calls/json-text.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'
import { follow } from '#follow/follow.ts'

import { readSourceFile } from './source-file.ts'

/** `octopus plugin try`: one client, now; nothing is published. */
export const tryOut: Act = async (given, world) => {
  const path = given.text('file')
  const file = path === undefined ? undefined : await readSourceFile(path, given, world)
  const api = await openApi(given, world)
  const timeoutSeconds = given.number('timeout-seconds')
  const action = given.argument('action')
  const body = {
    client: await clientIdOf(api, given.text('client') ?? ''),
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
