import { openApi } from '#account/connection.ts'
import { clientIdOf } from '#calls/client-id.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'

import { whyLines } from './why-lines.ts'

/** `octopus why`: of one execution, or of one client in the newest run of a task. */
export const printWhy: Act = async (given, world) => {
  const [id, task, client] = [given.argument('execution'), given.text('task'), given.text('client')]
  const isWhole = id === undefined ? task !== undefined && client !== undefined : (task ?? client) === undefined
  if (!isWhole) throw new UsageError('Say an execution, or --task and --client.')
  const api = await openApi(given, world)
  const { text } =
    id === undefined
      ? await api.send('whyClient', { query: { task: task ?? '', client: await clientIdOf(api, client ?? '') } })
      : await api.send('whyExecution', { params: { id } })
  if (given.has('json')) printJson(text, world)
  else world.out.write(whyLines(JSON.parse(text) as Parameters<typeof whyLines>[0]))
  return EXIT.done
}
