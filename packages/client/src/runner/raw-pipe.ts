/**
 * One of the worker's descriptors 1 and 2, which its children and C code write to as well. What is written during an
 * execution belongs to it, to the byte; what comes between two executions is counted and belongs to nobody.
 */
export interface RawPipe {
  /** An execution is about to be ordered. */
  begin(nonce: string): void
  /** Its result is here: calls back, perhaps at once, when all that was written before the result has been given out. */
  settle(done: () => void): void
  /** The process is gone: what is left belongs to the execution, if there is one. Resolves when it has been read. */
  close(): Promise<void>
  strayBytes(): number
}

/** Gets the bytes that belong to the execution. They are the pipe's again when it returns: to keep them is to copy them. */
export type RawBytes = (chunk: Buffer) => void
