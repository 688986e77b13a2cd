import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { UsageError } from '#command-line/usage-error.ts'
import type { World } from '#world.ts'

/** A token is kept for the server that gave it, and sent to no other. */
export interface StoredToken {
  readonly token: string
  /** Known when `octopus login` made it: `octopus logout` then revokes it. */
  readonly id?: string
}

export interface Credentials {
  /** The server that was signed in to last. */
  readonly server: string | null
  readonly tokens: Readonly<Record<string, StoredToken>>
}

const NONE: Credentials = { server: null, tokens: {} }

/** The user's own folder for settings of programs, as each system has it. */
export function credentialsFile({ env, platform, homeFolder }: Pick<World, 'env' | 'platform' | 'homeFolder'>): string {
  const folder =
    platform === 'win32'
      ? (env['APPDATA'] ?? join(homeFolder, 'AppData', 'Roaming'))
      : env['XDG_CONFIG_HOME'] || join(homeFolder, '.config')
  return join(folder, 'octopus', 'credentials.json')
}

export async function readCredentials(file: string): Promise<Credentials> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return NONE
    throw new UsageError(`${file} cannot be read (${code}). Let your account read it, or remove it and sign in again.`)
  }
  const found = parsed(text)
  if (found) return found
  throw new UsageError(`${file} is damaged. Remove it and sign in again with "octopus login".`)
}

function parsed(text: string): Credentials | undefined {
  try {
    const { server, tokens } = JSON.parse(text) as Record<string, unknown>
    if ((server !== null && typeof server !== 'string') || typeof tokens !== 'object' || tokens === null)
      return undefined
    const sound = Object.values(tokens).every((one: unknown) => {
      return typeof one === 'object' && one !== null && 'token' in one && typeof one.token === 'string'
    })
    return sound ? { server, tokens: tokens as Record<string, StoredToken> } : undefined
  } catch {
    return undefined
  }
}

/** Written beside and put in place whole, readable for its owner alone from the first byte. */
export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  await rm(fresh, { force: true })
  await writeFile(fresh, `${JSON.stringify(credentials, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await chmod(fresh, 0o600)
  await rename(fresh, file)
}
