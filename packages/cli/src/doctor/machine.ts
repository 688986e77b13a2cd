import { constants } from 'node:fs'
import { access, open, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock, Ms } from '@octopus/kit/clock.ts'

import { fail, type Finding, ok, warn } from './finding.ts'
import { judgeDisk, judgeRights, troubleIn } from './judge.ts'

/** Trouble older than this is no news. */
const RECENT_MS: Ms = 24 * 3_600_000
const TROUBLE_MAX = 5
/** So much of a log's end is read. */
const LOG_BYTES_MAX = 262_144

/** Rights and room of a folder in which a program of ours keeps its things. */
export async function lookAtFolder(
  name: string,
  folder: string,
  platform: NodeJS.Platform,
): Promise<readonly Finding[]> {
  const mode = await modeOf(folder, platform)
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [
      fail(
        `${name} folder`,
        `${folder} cannot be used by this account (${code})`,
        'Run octopus doctor as the account of the program, or give it the folder.',
      ),
    ]
  }
  const { bavail, bsize } = await statfs(folder)
  return [judgeRights(`${name} folder`, folder, mode), judgeDisk(`${name} disk`, bavail * bsize, folder)]
}

/** Undefined where rights are kept otherwise. */
export async function modeOf(path: string, platform: NodeJS.Platform): Promise<number | undefined> {
  return platform === 'win32' ? undefined : (await stat(path)).mode
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The server that this PC was enrolled at, if it was. */
export async function enrolledAt(folder: string): Promise<string | undefined> {
  try {
    const { serverUrl } = JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8')) as Record<string, unknown>
    return typeof serverUrl === 'string' ? serverUrl : undefined
  } catch {
    return undefined
  }
}

/** The last errors and warnings that a program wrote down. */
export async function lookAtLog(name: string, path: string, clock: Pick<Clock, 'wall'>): Promise<Finding> {
  const text = await endOf(path)
  if (text === undefined) return ok(`${name} log`, `there is no ${path} yet`)
  const trouble = troubleIn(text, clock.wall() - RECENT_MS, TROUBLE_MAX)
  if (trouble.length === 0) return ok(`${name} log`, `no trouble in the last 24 hours (${path})`)
  return warn(`${name} log`, `the last of the troubles of 24 hours:\n${trouble.join('\n')}`, `Read ${path}.`)
}

async function endOf(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const length = Math.min(size, LOG_BYTES_MAX)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString()
  } catch {
    return undefined
  }
}
