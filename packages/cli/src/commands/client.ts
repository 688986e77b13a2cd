import { runClient } from '@octopus/client/main.ts'

/** `octopus client`: runs until it is told to stop. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return runClient(argv, env)
}
