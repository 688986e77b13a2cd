import { runServer } from '@octopus/server/main.ts'

/** `octopus server`: runs until it is told to stop. */
export async function run(argv: readonly string[]): Promise<number> {
  return runServer(argv, process.env)
}
