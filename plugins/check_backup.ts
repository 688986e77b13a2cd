/** Says whether a folder has a file that is new enough: a sample for monitoring. */

import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { definePlugin } from '@octopus/plugin-sdk'

const MINUTE_MS = 60_000

const parameters = {
  folder: { type: 'string', doc: 'Where backups are written; ~ is the home folder of the client.' },
  maxAgeMinutes: { type: 'number', default: 1_440, doc: 'A newest file that is older is a failure.' },
} as const

/** Fails unless the newest file of `folder` is younger than `maxAgeMinutes`. */
export const run = definePlugin({ parameters }, async ({ kwargs, log }) => {
  const newest = await newestOf(kwargs.folder.replace(/^~(?=[/\\]|$)/, homedir()))
  if (newest === undefined) return { status: 'error', message: `There is no backup in ${kwargs.folder}` }
  const ageMinutes = Math.floor((Date.now() - newest.changedAt) / MINUTE_MS)
  log.info(`${newest.name} is ${ageMinutes} minutes old`)
  return ageMinutes < kwargs.maxAgeMinutes
    ? { newest: newest.name }
    : { status: 'error', message: `The newest backup is ${ageMinutes} minutes old`, newest: newest.name }
})

async function newestOf(folder: string): Promise<{ name: string; changedAt: number } | undefined> {
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => ({ name, changedAt: (await stat(join(folder, name))).mtimeMs })),
  )
  return files.reduce<(typeof files)[number] | undefined>(
    (newest, file) => (newest === undefined || file.changedAt > newest.changedAt ? file : newest),
    undefined,
  )
}
