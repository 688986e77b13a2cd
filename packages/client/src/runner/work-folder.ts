import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Log } from '@octopus/kit/log.ts'

/** Says that the folder is the runners'. Written while it was empty, so nobody's files are in a folder that has it. */
export const WORK_MARKER = '.made-by-octopus'

/**
 * Makes the folder of the runners' folders, and marks it if nothing lies in it. Never throws: plugins of this account
 * can do to the folder what they like, and must not keep the client from starting.
 */
export function openWorkFolder(log: Log, path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (readdirSync(path).length === 0) writeFileSync(join(path, WORK_MARKER), '', { mode: 0o600 })
  } catch (error) {
    log.error('work-folder-unusable', { path, error: String(error) })
  }
}

/**
 * Takes away what a dead predecessor left there, when nothing of it runs any more. What lies in a folder without the
 * marker was put there by somebody else: it stays. What cannot be removed stays too, and is only logged: the names of
 * new folders are random, so it is in nobody's way.
 */
export async function emptyWorkFolder(log: Log, path: string): Promise<void> {
  const names = await readdir(path).catch((): string[] => [])
  if (!names.includes(WORK_MARKER)) return
  for (const name of names) {
    if (name === WORK_MARKER) continue
    await removeTree(join(path, name)).catch((error: unknown) => {
      log.warn('runner-folder-left', { runner: name, error: String(error) })
    })
  }
}

/** Removes a folder with all that is in it, also where a plugin made folders read-only (an unpacked archive). */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    if ((await lstat(path)).isDirectory()) await makeWritable(path)
    await rm(path, { recursive: true, force: true })
  }
}

/** Links are not followed: they may lead to a person's files. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {})
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
}
