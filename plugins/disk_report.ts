/** Reports how full a disk is: a sample in TypeScript. */

import { statfs } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'

import { definePlugin } from '@octopus/plugin-sdk'

interface Report {
  readonly host: string
  readonly path: string
  readonly totalBytes: number
  readonly freeBytes: number
  readonly usedPercent: number
  readonly warnings: readonly string[]
}

const parameters = {
  path: { type: 'string', default: '', doc: 'A folder on the disk; the home folder unless told otherwise.' },
  warnAt: 90,
} as const

/** Reports on the disk that holds `path`, and warns from `warnAt` percent on. */
export const run = definePlugin({ parameters }, async ({ kwargs, log, progress, signal }): Promise<Report> => {
  const path = kwargs.path === '' ? homedir() : kwargs.path
  progress(null, `asking ${path}`)
  const { blocks, bavail, bsize } = await statfs(path)
  signal.throwIfAborted()
  const usedPercent = blocks === 0 ? 0 : Math.round(1_000 * (1 - bavail / blocks)) / 10
  const warnings = usedPercent >= kwargs.warnAt ? [`${path} is ${usedPercent} % full`] : []
  for (const warning of warnings) log.warn(warning)
  console.log(`${path}: ${usedPercent} % used`)
  return { host: hostname(), path, totalBytes: blocks * bsize, freeBytes: bavail * bsize, usedPercent, warnings }
})

/** Says whether `run` could do its work with these arguments. */
export const validate = definePlugin({ parameters }, async ({ kwargs }) => {
  if (kwargs.warnAt < 0 || kwargs.warnAt > 100) return { status: 'error', message: 'warnAt is a number from 0 to 100' }
  await statfs(kwargs.path === '' ? homedir() : kwargs.path)
  return 'Validation passed'
})
