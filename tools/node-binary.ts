import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import type { TargetFacts } from './client-targets.ts'
import { npmCommand } from './npm-command.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'
import { fileInTar } from './tar-archive.ts'

/** A slow line needs some minutes for 60 MB; a registry that does not answer shall not hold the build for ever. */
const FETCH_MS_MAX = 900_000

/** Node for a target, as its package of the registry holds it. */
export interface NodePackage {
  readonly version: string
  readonly integrity: string
  /** Undefined when the package holds no such file. */
  file(path: string): Buffer | undefined
}

/**
 * Fetches a Node package by the machine's own npm and holds it to the checksum in package-lock.json. What npm has
 * installed here already was held to it by npm, and is read where it lies. Throws with what to do when there is none.
 */
export async function openNodePackage({ nodePackage }: TargetFacts, cacheFolder: string): Promise<NodePackage> {
  const { version, integrity } = lockEntry('package-lock.json', nodePackage) ?? {}
  if (version === undefined || integrity === undefined) {
    throw new Error(`package-lock.json has no checksum for ${nodePackage}: run npm install where the registry has it.`)
  }
  const installed = `${ROOT}node_modules/${nodePackage}/`
  if (lockEntry('node_modules/.package-lock.json', nodePackage)?.integrity === integrity && existsSync(installed)) {
    return {
      version,
      integrity,
      file: (path) => (existsSync(installed + path) ? readFileSync(installed + path) : undefined),
    }
  }
  const packed = await fetched({ nodePackage, version, integrity }, cacheFolder)
  const tar = gunzipSync(packed)
  return { version, integrity, file: (path) => fileInTar(tar, `package/${path}`) }
}

interface Wanted {
  readonly nodePackage: string
  readonly version: string
  readonly integrity: string
}

async function fetched({ nodePackage, version, integrity }: Wanted, folder: string): Promise<Buffer> {
  const path = `${folder}/${nodePackage}-${version}.tgz`
  if (existsSync(path)) {
    const bytes = readFileSync(path)
    if (fits(bytes, integrity)) return bytes
  }
  mkdirSync(folder, { recursive: true })
  const command = [
    ...npmCommand(),
    'pack',
    `${nodePackage}@${version}`,
    '--ignore-scripts',
    '--pack-destination',
    folder,
  ]
  const end = await runCommand(command, { cwd: folder, timeoutMs: FETCH_MS_MAX })
  if (end.code !== 0 || !existsSync(path)) {
    throw new Error(`The registry gave no ${nodePackage}@${version} (npm pack). It said:\n${end.output.trim()}`)
  }
  const bytes = readFileSync(path)
  if (!fits(bytes, integrity)) {
    writeFileSync(path, '')
    throw new Error(`${nodePackage}@${version} is not what package-lock.json names (${integrity}). It was not used.`)
  }
  return bytes
}

/** Whether bytes are those of an `integrity` of npm: `sha512-` and Base64. */
export function fits(bytes: Buffer, integrity: string): boolean {
  const [algorithm = '', wanted] = integrity.split('-', 2)
  if (algorithm !== 'sha512') return false
  return createHash('sha512').update(bytes).digest('base64') === wanted
}

function lockEntry(file: string, name: string): { version?: string; integrity?: string } | undefined {
  const path = ROOT + file
  if (!existsSync(path)) return undefined
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>
  }
  return packages[`node_modules/${name}`]
}
