/** For whoever reads why the server has ended. */
export const STORE_REMEDY = 'look at the disk (the system log names what failed), then start the server again'

/**
 * Ends this process as a kill from outside would. After a failed fsync nothing may touch the files any more: whoever
 * closes the database, also by an ordinary exit, moves its log into it and removes the log, and this time the system
 * reports success for what it has dropped. The next start reads what is really there.
 */
export function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}
