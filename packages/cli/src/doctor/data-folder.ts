import { readFile } from 'node:fs/promises'

import {
  parseRecord,
  recordPathOf,
  SCOPES,
  standardFolder,
  stateFolderOf,
} from '@octopus/client/service/installation.ts'

import type { World } from '#world.ts'

import { exists } from './machine.ts'

/**
 * The data folder of the client that is here: the one that was named, else the account's own, else that of a client
 * that was installed for everybody or for this account. Undefined: where a client would keep it.
 */
export async function dataFolderOf(
  named: string | undefined,
  world: Pick<World, 'env' | 'platform' | 'homeFolder'>,
): Promise<string | undefined> {
  if (named !== undefined || world.env['OCTOPUS_DATA_FOLDER']) return named
  if (await exists(`${world.homeFolder}/.octopus/client`)) return undefined
  for (const scope of SCOPES) {
    const folder = standardFolder(scope, world)
    const record = await readFile(recordPathOf(folder), 'utf8').catch(() => '')
    const installation = parseRecord(record, folder)
    if (installation) return stateFolderOf(installation)
  }
  return undefined
}
