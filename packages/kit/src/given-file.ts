import { readFileSync } from 'node:fs'

import { SettingsError } from './settings.ts'

/** The text of a file that a person named, or undefined if there is none. One that cannot be read stops the start. */
export function readGivenFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SettingsError(
      `The file ${path} cannot be read (${code}). Let the account that runs Octopus read it, or name another one.`,
      { cause: error },
    )
  }
}
