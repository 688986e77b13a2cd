import { runClient } from '@octopus/client/main.ts'

/** `octopus client`: runs until it is told to stop. */
export async function run(argv: readonly string[]): Promise<number> {
  return runClient(argv, process.env)
}
