import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'

import { openApi } from '#account/connection.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'

import { exactJson } from './json-text.ts'
import { printJson } from './print.ts'

/** `octopus task export`: the fields that a new task takes, numbers as they were typed. */
export const exportTask: Act = async (given, world) => {
  const api = await openApi(given, world)
  const { text } = await api.send('getTask', { params: { id: given.needed('id') } })
  const task = exactJson(text, 'The answer') as Record<string, unknown>
  const fields = OPERATION_FIELDS.createTask.body ?? []
  const kept = fields
    .map(({ name }) => [name, task[name]] as const)
    .filter(([, value]) => value !== null && value !== undefined)
  printJson(JSON.stringify(Object.fromEntries(kept), undefined, 2), world)
  return EXIT.done
}
