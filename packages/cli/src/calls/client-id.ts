import type { Api, PlainCall } from '@octopus/api-client/api.ts'
import type { OperationName } from '@octopus/api-client/request.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'

import { UsageError } from '#command-line/usage-error.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Which clients a name may mean: those that are there, the deleted ones, or a deleted one where none is there. */
type Among = 'present' | 'deleted' | 'past'

/** People know PCs by their names: where a call wants a client's id, a name that only one has will do. */
export async function withClientIds(api: Api, operation: OperationName, request: PlainCall): Promise<PlainCall> {
  const { params, query } = request
  const inPath = OPERATIONS[operation][1].startsWith('/api/v1/clients/{id}') ? params?.['id'] : undefined
  const inQuery = query?.['client']
  const among = operation === 'restoreClient' ? 'deleted' : 'present'
  return {
    ...request,
    ...(inPath !== undefined && { params: { ...params, id: await clientIdOf(api, inPath, among) } }),
    // What a client did stays to be read when it was deleted.
    ...(typeof inQuery === 'string' && { query: { ...query, client: await clientIdOf(api, inQuery, 'past') } }),
  }
}

/** A client by its id, or by its name when only one is called so. */
export async function clientIdOf(api: Api, text: string, among: Among = 'present'): Promise<string> {
  if (UUID.test(text)) return text
  const there = among === 'deleted' ? [] : await calledSo(api, text, false)
  const gone = there.length > 0 ? [] : await calledSo(api, text, true)
  if (among === 'present' && gone.length === 1)
    throw new UsageError(`The client called "${text}" is deleted. "octopus client restore" brings it back.`)
  const meant = among === 'deleted' || (among === 'past' && there.length === 0) ? gone : there
  const [only] = meant
  if (only !== undefined && meant.length === 1) return only
  const [kind, flag] = among === 'deleted' ? ['deleted client', ' --deleted'] : ['client', '']
  const why = meant.length === 0 ? `No ${kind} is` : `${meant.length} ${kind}s are`
  throw new UsageError(`${why} called "${text}". Say its id: octopus client list${flag}.`)
}

async function calledSo(api: Api, text: string, deleted: boolean): Promise<readonly string[]> {
  const { items } = await api.call('listClients', { query: { name: text, limit: 200, ...(deleted && { deleted }) } })
  return items.filter(({ name }) => name === text).map(({ id }) => id)
}
