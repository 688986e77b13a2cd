import type { Api, PlainCall } from '@octopus/api-client/api.ts'
import type { OperationName } from '@octopus/api-client/request.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'

import { UsageError } from '#command-line/usage-error.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** People know PCs by their names: where a call wants a client's id, a name that only one has will do. */
export async function withClientIds(api: Api, operation: OperationName, request: PlainCall): Promise<PlainCall> {
  const { params, query } = request
  const inPath = OPERATIONS[operation][1].startsWith('/api/v1/clients/{id}') ? params?.['id'] : undefined
  const inQuery = query?.['client']
  return {
    ...request,
    ...(inPath !== undefined && { params: { ...params, id: await clientIdOf(api, inPath) } }),
    ...(typeof inQuery === 'string' && { query: { ...query, client: await clientIdOf(api, inQuery) } }),
  }
}

/** A client by its id, or by its name when only one is called so. */
export async function clientIdOf(api: Api, text: string): Promise<string> {
  if (UUID.test(text)) return text
  const { items } = await api.call('listClients', { query: { name: text, limit: 200 } })
  const same = items.filter(({ name }) => name === text)
  const [only] = same
  if (only && same.length === 1) return only.id
  const why = same.length === 0 ? 'No client is' : `${same.length} clients are`
  throw new UsageError(`${why} called "${text}". Say its id: octopus client list.`)
}
