import { readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'
import { SettingsError } from '@octopus/kit/settings.ts'

/** Any of these says that a client has lived in the folder: the lock is what the first start makes first. */
const OURS: ReadonlySet<string> = new Set(['lock', 'client.key', 'identity.json'])
/** What a file system puts into the root of every new disk. */
const OF_THE_DISK = 'lost+found'

/**
 * Makes the state folder, for this account alone, if it is missing. One that exists keeps its mode, since others may use
 * it too (somebody sets `DATA_FOLDER=/tmp`), and is used only if a client has lived in it or nothing else lies there
 * but the files that were `given` (settings, token): in a home or in a project the files of a person and the client's,
 * of which some have plain names, would get in each other's way.
 */
export function openStateFolder(folder: string, given: readonly (string | null)[]): void {
  makeOwnFolder(folder, 'DATA_FOLDER')
  const names = readdirSync(folder)
  if (names.some((name) => OURS.has(name))) return
  const known = new Set(given.filter((path) => path !== null).map((path) => resolve(path)))
  const foreign = names.find((name) => name !== OF_THE_DISK && !known.has(resolve(join(folder, name))))
  if (foreign === undefined) return
  throw new SettingsError(
    `The folder ${folder} holds other things (${foreign}), and the client needs one for itself alone. Set DATA_FOLDER to a new or an empty folder.`,
  )
}

/**
 * Names the state folder in every process that is started for it. One folder has one mark, however it was written
 * (relative, by a link): what a dead client left behind is found by it, and nothing of another client.
 */
export function markOfStateFolder(folder: string): string {
  return sha256Hex(realpathSync.native(folder)).slice(0, 32)
}
