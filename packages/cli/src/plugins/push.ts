import { secretText } from '@octopus/kit/random.ts'

import { openApi } from '#account/connection.ts'
import { printJson, printThing } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'
import { visible } from '#show/visible.ts'

import { readSourceFile } from './source-file.ts'

/** `octopus plugin push`: a new version, current at once. */
export const push: Act = async (given, world) => {
  const file = await readSourceFile(given.needed('file'), given, world)
  const name = given.text('name') ?? file.name
  if (name === undefined) throw new UsageError('Standard input has no name. Say --name.')
  const { language, source } = file
  const api = await openApi(given, world)
  const basedOn = given.text('based-on')
  const { text } =
    basedOn === undefined
      ? await api.send('putPlugin', { params: { name }, body: { language, source } })
      : await api.send('createPluginVersion', {
          params: { name },
          body: { language, source, basedOn },
          key: secretText(world.random, 16),
        })
  if (given.has('json')) printJson(text, world)
  const answer = JSON.parse(text) as { version: number; checksum: string; actions: { name: string }[] }
  const actions = answer.actions.map((action) => visible(action.name)).join(', ')
  world.err.write(
    `${visible(name)} is at version ${answer.version} (${answer.checksum.slice(0, 12)}), actions: ${actions}.\n`,
  )
  return EXIT.done
}

/** `octopus plugin check`: exit code 1 when the source could not be published. */
export const check: Act = async (given, world) => {
  const { language, source } = await readSourceFile(given.needed('file'), given, world)
  const { text } = await (await openApi(given, world)).send('checkPlugin', { body: { language, source } })
  const answer = JSON.parse(text) as { problems: readonly unknown[] }
  if (given.has('json')) printJson(text, world)
  else printThing(answer, undefined, world)
  return answer.problems.length > 0 ? EXIT.failed : EXIT.done
}
