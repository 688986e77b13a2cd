import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  openSync,
  closeSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Socket } from 'node:net'
import { basename, join } from 'node:path'

const UNSHARE = ['unshare', '--mount', '--propagation', 'private'] as const
/** Named so that nobody takes it for a file of Octopus. */
const BALLAST = 'ballast'
const BLOCK = Buffer.alloc(65_536)

/** Why no small disk can be made here; false where it can. */
export function needsMounts(): string | false {
  const [program, ...args] = [...UNSHARE, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'] as const
  return spawnSync(program, args).status === 0
    ? false
    : 'a mount of its own needs rights that this machine does not give'
}

/**
 * A disk of a few megabytes in place of a folder, for those processes alone that are started with its prefix. It is
 * mounted in a namespace that a helper holds open; the helper ends with the test, however that ends, and the disk with it.
 */
export class SmallDisk implements Disposable {
  readonly folder: string
  readonly prefix: readonly string[]
  readonly #holder: ChildProcess

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder
    this.#holder = holder
    this.prefix = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, `--wd=/`]
  }

  /**
   * Mounts it over the folder, with what the folder holds, for so many files and folders (0: any number). Nobody may use
   * the folder meanwhile.
   */
  static async over(folder: string, bytes: number, files = 0): Promise<SmallDisk> {
    const script = 'mount -t tmpfs -o size="$2",nr_inodes="$3",mode=700 tmpfs "$1" && echo mounted && exec cat'
    const [program, ...args] = [...UNSHARE, 'sh', '-c', script, 'sh', folder, String(bytes), String(files)]
    const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(holder.stdout, 'data')
    // A test that fails before it disposes of the disk must end all the same.
    holder.unref()
    for (const pipe of [holder.stdin, holder.stdout]) (pipe as Socket).unref()
    const disk = new SmallDisk(folder, holder)
    cpSync(folder, disk.seen(folder), { recursive: true })
    return disk
  }

  /** Where a path of this disk is to be found from outside. SQLite does not find it there: copy its files first. */
  seen(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`
  }

  /** Takes all that is left but so many bytes. */
  fill(leave = 0): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (let taken = BLOCK.length; taken === BLOCK.length;) taken = writeSync(file, BLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
    if (leave > 0) spawnSync('truncate', ['--size', `-${leave}`, this.#ballast])
  }

  /** Leaves room for bytes, but for no further file or folder. */
  fillFiles(): void {
    const folder = this.#ballast
    mkdirSync(folder)
    try {
      for (let count = 0; ; count++) writeFileSync(join(folder, String(count)), '')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  /** Gives back what was taken. */
  free(): void {
    rmSync(this.#ballast, { recursive: true, force: true })
  }

  /** Puts what is on it into the folder that it hides: whoever looks there later finds what was there at the end. */
  copyOut(): void {
    const isOurs = (path: string): boolean => basename(path) !== BALLAST
    // The folder itself stays: with it the mount would go, in whatever namespace it is.
    for (const name of readdirSync(this.folder)) rmSync(join(this.folder, name), { recursive: true })
    cpSync(this.seen(this.folder), this.folder, { recursive: true, filter: isOurs })
  }

  [Symbol.dispose](): void {
    this.#holder.stdin?.end()
  }

  get #ballast(): string {
    const path = join(this.seen(this.folder), BALLAST)
    if (!existsSync(this.seen(this.folder))) throw new Error(`the disk over ${this.folder} is gone`)
    return path
  }
}
