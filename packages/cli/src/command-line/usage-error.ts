/** The command line does not fit. The message says what is wrong with it and what to do; ends with exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
