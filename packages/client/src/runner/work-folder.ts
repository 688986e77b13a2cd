import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Says that the folder is the runners'. Written while it was empty, so nobody's files are in a folder that has it. */
export const WORK_MARKER = '.made-by-octopus'

/**
 * Makes the folder of the runners' folders, and takes away what a dead predecessor left there. What lies in a folder
 * without the marker was put there by somebody else: it stays.
 */
export function openWorkFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const names = readdirSync(path)
  if (names.includes(WORK_MARKER)) {
    const left = names.filter((name) => name !== WORK_MARKER)
    for (const name of left) rmSync(join(path, name), { recursive: true, force: true })
  } else if (names.length === 0) writeFileSync(join(path, WORK_MARKER), '', { mode: 0o600 })
}
