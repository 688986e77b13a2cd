import { accessSync, constants, mkdirSync } from 'node:fs'

import { SettingsError } from './settings.ts'

/**
 * Makes the folder in which a program keeps its things, for itself alone, if it is missing, and holds it to being
 * usable. `setting` is what the person may set to choose another.
 */
export function makeOwnFolder(path: string, setting: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new SettingsError(
      `The folder ${path} cannot be used (${(error as NodeJS.ErrnoException).code}). Let the account that runs Octopus read and write it, or set ${setting} to another folder.`,
      { cause: error },
    )
  }
}
