/** A file in the inbox. `stamp` changes whenever the file may have changed. */
export interface InboxFile {
  readonly name: string
  readonly stamp: string
}

/** The folder that is watched for plugins. */
export interface InboxFolder {
  /** Its plain files; links, folders and devices are left out. */
  list(): Promise<readonly InboxFile[]>
  /** At most `limitBytes` + 1 bytes of a plain file; undefined if it is gone, or no plain file. */
  read(name: string, limitBytes: number): Promise<Buffer | undefined>
  /** Calls when something in it may have changed. Misses some: whoever listens looks by himself too. */
  watch(changed: () => void): Disposable
}
