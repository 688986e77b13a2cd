import type { Clock, Ms } from '#clock.ts'
import type { AppendFile, Files } from '#files.ts'

export type FileOperation = 'read' | 'replace' | 'append' | 'remove' | 'list' | 'makeFolder'

/** A disk in memory that knows which bytes were fsynced, and loses the others when the machine crashes. */
export interface MemoryDisk {
  /** The disk as one process sees it. After `crash` the calls of that process never return, as it is dead. */
  mount(): Files
  /**
   * The process dies. Of what was written but not fsynced this share stays: 0 is the worst power loss, 1 a `kill -9`
   * (the system still writes everything), between them the last append is torn.
   */
  crash(unsyncedKept?: number): void
  /** Asked before each operation: an error it answers is thrown instead. A failed append leaves half of its text behind. */
  fault: ((operation: FileOperation, path: string) => Error | undefined) | undefined
  /** How often something was fsynced. */
  syncs(): number
  /** What stands on the disk now, fsynced or not. */
  peek(path: string): Buffer | undefined
  /** Changes a file behind the program's back. */
  poke(path: string, content: Buffer | string): void
  paths(): readonly string[]
}

interface Stored {
  content: Buffer
  /** The first bytes of `content` that a crash cannot take. */
  syncedBytes: number
}

/** With a clock, an fsync takes `syncMs` of its time, so that a crash can come between write and fsync. */
export function createMemoryDisk(timing?: { readonly clock: Clock; readonly syncMs: Ms }): MemoryDisk {
  const stored = new Map<string, Stored>()
  /** Temporary files of replacements under way: path of the file → new content. */
  let replacing = new Map<string, Buffer>()
  let process = new AbortController()
  let syncCount = 0

  const disk: MemoryDisk = {
    fault: undefined,
    syncs: () => syncCount,
    peek: (path) => stored.get(path)?.content,
    poke: (path, content) => void stored.set(path, synced(content)),
    paths: () => [...stored.keys()].sort(),
    crash: (unsyncedKept = 0) => {
      process.abort(new Error('crashed'))
      process = new AbortController()
      for (const file of stored.values()) {
        const kept = Math.floor((file.content.length - file.syncedBytes) * unsyncedKept)
        file.content = file.content.subarray(0, file.syncedBytes + kept)
        file.syncedBytes = file.content.length
      }
      for (const [path, content] of replacing) {
        stored.set(`${path}.new`, synced(content.subarray(0, Math.floor(content.length * unsyncedKept))))
      }
      replacing = new Map()
    },
    mount: () => {
      const life = process.signal
      const enter = async (operation: FileOperation, path: string): Promise<void> => {
        if (life.aborted) await never()
        const error = disk.fault?.(operation, path)
        if (error) throw error
      }
      const sync = async (): Promise<void> => {
        if (timing) await timing.clock.after(timing.syncMs, life).catch(never)
        else await Promise.resolve()
        if (life.aborted) await never()
        syncCount++
      }
      return {
        read: async (path) => {
          await enter('read', path)
          const file = stored.get(path)
          return file && Buffer.from(file.content)
        },
        replace: async (path, content, _mode) => {
          await enter('replace', path)
          const bytes = Buffer.from(content)
          // What a crash left of an earlier one has the same name, and gives way.
          stored.delete(`${path}.new`)
          replacing.set(path, bytes)
          await sync()
          replacing.delete(path)
          stored.set(path, synced(bytes))
        },
        openAppend: async (path) => {
          await enter('append', path)
          const file = stored.get(path) ?? synced('')
          stored.set(path, file)
          return appendTo(file, () => enter('append', path), sync)
        },
        remove: async (path) => {
          await enter('remove', path)
          for (const other of stored.keys()) if (other === path || other.startsWith(`${path}/`)) stored.delete(other)
        },
        list: async (folder) => {
          await enter('list', folder)
          const inside = [...stored.keys()].filter((path) => path.startsWith(`${folder}/`))
          return [...new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))].sort()
        },
        makeFolder: (path) => enter('makeFolder', path),
      }
    },
  }
  return disk
}

/** An open file keeps writing to the content it was opened on, also after its name was given to another (as on Unix). */
function appendTo(file: Stored, enter: () => Promise<void>, sync: () => Promise<void>): AppendFile {
  const write = (text: string): void => void (file.content = Buffer.concat([file.content, Buffer.from(text)]))
  return {
    appendDurably: async (text) => {
      try {
        await enter()
      } catch (error) {
        write(text.slice(0, text.length / 2))
        throw error
      }
      write(text)
      const bytes = file.content.length
      await sync()
      file.syncedBytes = Math.max(file.syncedBytes, bytes)
    },
    close: async () => {},
  }
}

function synced(content: Buffer | string): Stored {
  const bytes = Buffer.from(content)
  return { content: bytes, syncedBytes: bytes.length }
}

/** A call of a dead process: nobody is there to see it return. */
function never(): Promise<never> {
  return new Promise(() => {})
}
