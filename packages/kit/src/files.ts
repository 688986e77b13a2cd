/**
 * The file system as far as the client needs it. The simulator's version remembers what was fsynced and loses the rest
 * in a crash; so the guarantee of each method says what survives.
 */
export interface Files {
  /** The whole file, or undefined if there is none. */
  read(path: string): Promise<Buffer | undefined>
  /** Replaces the file in one step: temporary file, fsync, rename, fsync of the folder. After it resolves the new content survives a crash; before, the old. */
  replace(path: string, content: Buffer | string, mode: number): Promise<void>
  /** Opens for appending, creating it with mode 0600. */
  openAppend(path: string): Promise<AppendFile>
  remove(path: string): Promise<void>
  /** Names in a folder, or nothing if there is no folder. */
  list(folder: string): Promise<readonly string[]>
  /** Makes the folder and its parents with mode 0700. */
  makeFolder(path: string): Promise<void>
}

export interface AppendFile {
  /** After it resolves the text survives a crash of the machine (written and fdatasynced). */
  appendDurably(text: string): Promise<void>
  close(): Promise<void>
}
