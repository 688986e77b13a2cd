import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Files } from '@octopus/kit/files.ts'
import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts'

/** Only such names are ours: the folder may be one that a person keeps other files in. */
const OURS = /^[0-9a-f]{64}(\.new)?$/

/** True when these are exactly the bytes the manifest means. */
export function fits(bytes: Buffer, entry: ManifestEntry): boolean {
  return bytes.length === entry.sizeBytes && sha256Hex(bytes) === entry.checksum
}

/** Plugin versions on the disk, one file each, named by checksum and by nothing that anybody else chose. */
export class PluginCache {
  readonly #files: Files
  readonly #folder: string

  constructor(files: Files, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  async open(): Promise<Manifest> {
    await this.#files.makeFolder(this.#folder)
    return decodeManifest((await this.#files.read(`${this.#folder}/manifest.json`))?.toString() ?? '')
  }

  writeManifest(manifest: Manifest): Promise<void> {
    return this.#files.replace(`${this.#folder}/manifest.json`, encodeManifest(manifest), 0o600)
  }

  /**
   * The version's bytes, read once and verified: what is returned is what may run, whatever happens to the file
   * afterwards. Undefined when there is no file, or another one.
   */
  async read(entry: ManifestEntry): Promise<{ readonly bytes: Buffer | undefined; readonly tampered: boolean }> {
    const bytes = await this.#files.read(this.#pathOf(entry.checksum)).catch(() => undefined)
    if (bytes === undefined) return { bytes, tampered: false }
    return fits(bytes, entry) ? { bytes, tampered: false } : { bytes: undefined, tampered: true }
  }

  /** In one step: a torn download is never under a name that can run. */
  install(checksum: Checksum, bytes: Buffer): Promise<void> {
    return this.#files.replace(this.#pathOf(checksum), bytes, 0o600)
  }

  /** Removes what the manifest does not list, and what a crash left half done. */
  async prune(manifest: Manifest): Promise<readonly string[]> {
    const names = await this.#files.list(this.#folder)
    const removed = names.filter((name) => OURS.test(name) && !manifest.entries.has(name as Checksum))
    for (const name of removed) await this.#files.remove(`${this.#folder}/${name}`)
    return removed
  }

  #pathOf(checksum: Checksum): string {
    return `${this.#folder}/${checksum}`
  }
}
