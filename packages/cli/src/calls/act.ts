import type { Api, ListName, PlainCall } from '@octopus/api-client/api.ts'
import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'
import type { OperationName } from '@octopus/api-client/request.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'
import { secretText } from '@octopus/kit/random.ts'

import { openApi } from '#account/connection.ts'
import { readSecret } from '#account/secret.ts'
import type { Given } from '#command-line/given.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'
import { visible } from '#show/visible.ts'
import type { World } from '#world.ts'

import { withClientIds } from './client-id.ts'
import { exactJson } from './json-text.ts'
import type { CallOptions } from './options.ts'
import { type Page, printJson, printPage, printThing } from './print.ts'
import { requestOf } from './request.ts'

/** The act of a command that is one call: ask if it must be, call, print. */
export function callAct(operation: OperationName, options: CallOptions): Act {
  const shape = OPERATION_FIELDS[operation]
  return async (given, world) => {
    const stdin = given.text('file') === '-' ? await world.readInput() : ''
    const asked = requestOf(shape, options, given, stdin)
    await addSecrets(asked, options, given, world)
    const api = await openApi(given, world)
    const request = await withClientIds(api, operation, asked)
    if (options.confirm !== undefined) await confirmed(options.confirm, given, world)
    const revision = shape.needsRevision ? await revisionOf(api, operation, request, given) : undefined
    const ready: PlainCall = {
      ...request,
      ...(revision !== undefined && { revision }),
      ...(shape.takesKey && { key: secretText(world.random, 16) }),
    }
    if (shape.answer === 'page' && given.has('all')) {
      await everyPage(api, operation as ListName, ready, { asJson: given.has('json'), columns: options.columns, world })
      return EXIT.done
    }
    const { text } = await api.send(operation, ready)
    if (given.has('json')) printJson(text, world)
    else if (shape.answer === 'page') printPage(exactJson(text, ANSWER) as Page, options.columns, world)
    else if (text === '') world.err.write(`${options.said ?? 'Done.'}\n`)
    else printThing(exactJson(text, ANSWER), options.columns, world)
    return EXIT.done
  }
}

/** Where a text comes from that is no JSON. */
const ANSWER = 'The answer'

/** With `--json`, one page a line, each as it came. */
async function everyPage(api: Api, operation: ListName, request: PlainCall, show: Show): Promise<void> {
  const items: unknown[] = []
  let cursor: string | undefined
  let last: Page
  do {
    const query = { limit: 200, ...request.query, ...(cursor !== undefined && { cursor }) }
    const { text } = await api.send(operation, { ...request, query })
    if (show.asJson) printJson(text, show.world)
    last = exactJson(text, ANSWER) as Page
    items.push(...last.items)
    cursor = last.nextCursor ?? undefined
  } while (cursor !== undefined)
  const total = { value: items.length, exact: true }
  if (!show.asJson) printPage({ ...last, items, total }, show.columns, show.world)
}

interface Show {
  readonly asJson: boolean
  readonly columns: readonly string[] | undefined
  readonly world: World
}

/** A change names the revision it is made on: the one that was said, or the newest. */
async function revisionOf(api: Api, operation: OperationName, request: PlainCall, given: Given): Promise<number> {
  const said = given.number('revision')
  if (said !== undefined) return said
  const [, path] = OPERATIONS[operation]
  const read = (Object.keys(OPERATIONS) as OperationName[]).find((name) => {
    return OPERATIONS[name][0] === 'GET' && OPERATIONS[name][1] === path
  })
  if (!read) throw new Error(`nothing reads what ${operation} changes`)
  const { text } = await api.send(read, request.params ? { params: request.params } : {})
  return (JSON.parse(text) as { revision: number }).revision
}

async function addSecrets(request: PlainCall, options: CallOptions, given: Given, world: World): Promise<void> {
  for (const name of options.secrets ?? []) {
    if (!given.has(`${name}-file`) && !given.truth(`ask-${name}`)) continue
    Object.assign(request.body as object, { [name]: await readSecret(name, `New ${name}: `, given, world) })
  }
}

/** What cannot be taken back is asked about; where nobody can be asked, `--yes` must be said. */
export async function confirmed(question: string, given: Given, world: World): Promise<void> {
  if (given.truth('yes')) return
  const asked = question.replaceAll(/\{(\w+)\}/g, (_, name: string) => visible(given.argument(name) ?? ''))
  if (!world.canAsk) throw new UsageError(`${asked} Nobody can be asked here: say --yes.`)
  const answer = await world.ask(`${asked} [y/N] `, false)
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new UsageError('Nothing was done.')
}
