/** What scripts go by. docs/cli.md lists them. */
export const EXIT = {
  /** Done; of a followed run: it succeeded. */
  done: 0,
  /** A followed run did not succeed or never came, a check failed, or something broke. */
  failed: 1,
  /** The command line or a setting is wrong. */
  usage: 2,
  /** The server cannot be reached, or is not able to do it now: it starts, its disk is full, it is asked too much. */
  unreachable: 3,
  /** The server refused: not signed in, not allowed, not found, or it does not fit. */
  refused: 4,
  /** Waiting took longer than was allowed; the work goes on. */
  waitedTooLong: 5,
  /** Ctrl-C. */
  interrupted: 130,
  /** Whatever read the output has gone: `octopus task list | head`. */
  nobodyReads: 141,
} as const
