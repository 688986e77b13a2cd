import type { EpochMs } from '@octopus/kit/clock.ts'

/** A file in the inbox. `stamp` changes whenever the file may have changed. */
export interface InboxFile {
  readonly name: string
  readonly stamp: string
  /** When it changed last, by the clock of its file system. */
  readonly changedAt: EpochMs
}

/** What was read of a file. Its stamp was taken afterwards: if it is the one of the list, nobody wrote meanwhile. */
export interface ReadFile {
  readonly bytes: Buffer
  readonly stamp: string
}

/** The folder that is watched for plugins. */
export interface InboxFolder {
  /** Its plain files; links, folders and devices are left out. */
  list(): Promise<readonly InboxFile[]>
  /** At most `limitBytes` + 1 bytes of a plain file; undefined if it is gone, or no plain file. */
  read(name: string, limitBytes: number): Promise<ReadFile | undefined>
  /** Calls when something in it may have changed. Misses some: whoever listens looks by himself too. */
  watch(changed: () => void): Disposable
}
