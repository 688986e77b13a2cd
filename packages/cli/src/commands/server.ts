import { runServer } from '@octopus/server/main.ts'

/** `octopus server`: runs until it is told to stop. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return runServer(argv, env)
}
