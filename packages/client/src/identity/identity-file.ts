import type { Files } from '@octopus/kit/files.ts'
import { EnrollAnswerSchema } from '@octopus/protocol/enroll.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { parser } from '@octopus/protocol/schema.ts'

import { makeKeyPair, readKeyPair, type KeyPair } from './key-pair.ts'

/** What the enrolment answered, and where. */
export interface StoredIdentity {
  readonly clientId: ClientId
  readonly serverId: string
  readonly serverUrl: string
}

const parseAnswer = parser(EnrollAnswerSchema)

/** Undefined before the enrolment. A file that cannot be read stops the start: overwriting it would lose the client. */
export async function readIdentity(files: Files, folder: string): Promise<StoredIdentity | undefined> {
  const path = `${folder}/identity.json`
  const text = (await files.read(path))?.toString()
  if (text === undefined) return undefined
  try {
    const { serverUrl, ...answer } = JSON.parse(text) as Record<string, unknown>
    const parsed = parseAnswer({ ...answer, status: 'approved' })
    if (parsed.ok && typeof serverUrl === 'string') {
      return { clientId: parsed.value.clientId, serverId: parsed.value.serverId, serverUrl }
    }
  } catch {
    // Told below, with what to do.
  }
  throw new Error(`${path} is damaged. Restore it from a backup, or remove it and enrol this PC with a new token.`)
}

export async function writeIdentity(files: Files, folder: string, identity: StoredIdentity): Promise<void> {
  await files.replace(`${folder}/identity.json`, `${JSON.stringify(identity, undefined, 2)}\n`, 0o600)
}

/** The key of this state folder, made at the first start: an enrolment that was cut off is repeated with the same key. */
export async function ownKeyPair(files: Files, folder: string): Promise<KeyPair> {
  const path = `${folder}/client.key`
  const pem = (await files.read(path))?.toString()
  if (pem === undefined) {
    const made = makeKeyPair()
    await files.replace(path, made.pem, 0o600)
    return made
  }
  try {
    return readKeyPair(pem)
  } catch (error) {
    throw new Error(
      `${path} is no private key (${String(error)}). Restore it, or remove it and identity.json and enrol again.`,
      { cause: error },
    )
  }
}
