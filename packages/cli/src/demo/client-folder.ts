import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ClientId } from '@octopus/protocol/ids.ts'
import type { Store } from '@octopus/server/store/store.ts'

interface StateFolder {
  readonly folder: string
  readonly isEnrolled: boolean
  /** The client of an earlier folder is none of the server's any more. */
  readonly isAnother: boolean
}

/**
 * Where the client of a PC keeps its things: the first folder of its name whose client the server knows, else a new one.
 * The earlier ones stay: whoever restores the deleted client gets it back.
 */
export async function stateFolderOf(store: Pick<Store, 'readClient'>, path: string): Promise<StateFolder> {
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? path : `${path}-${number}`
    const isEnrolled = existsSync(join(folder, 'identity.json'))
    const id = isEnrolled ? await storedClient(folder) : undefined
    // An identity that cannot be read is the client's to complain of.
    if (id === undefined) return { folder, isEnrolled, isAnother: number > 1 }
    const client = await store.readClient({ id })
    if (client !== null && client.status !== 'revoked') return { folder, isEnrolled: true, isAnother: false }
  }
}

/** The client that a state folder belongs to; undefined before it is enrolled. */
export async function storedClient(folder: string): Promise<ClientId | undefined> {
  try {
    const { clientId } = JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8')) as { clientId?: ClientId }
    return clientId
  } catch {
    return undefined
  }
}
