import { homedir } from 'node:os'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'

import { composeAndRun } from './compose.ts'
import { helpText, readConfig } from './config.ts'

/** Exit codes: 0 stopped in good order, 1 could not start or work, 3 revoked by the server. */
const REVOKED_EXIT_CODE = 3

/** A terminal sends Ctrl-C to everybody, and npm passes it on once more: that is one wish, not two. */
const SAME_SIGNAL_MS = 1_000

/** Runs the client until a signal. Answers the exit code; a second signal exits at once. */
export async function runClient(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(helpText())
    return 0
  }
  const stop = new AbortController()
  const clock = createSystemClock()
  let firstAt = 0
  const onSignal = (): void => {
    if (stop.signal.aborted && clock.monotonic() - firstAt > SAME_SIGNAL_MS) process.exit(1)
    if (stop.signal.aborted) return
    firstAt = clock.monotonic()
    stop.abort(new Error('the client was told to stop'))
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  try {
    const config = readConfig({ argv, env, homeFolder: homedir(), readText: readGivenFile })
    const { TOKEN, TOKEN_FILE } = config.settings
    const fromFile = TOKEN_FILE === null ? undefined : readGivenFile(TOKEN_FILE)
    if (TOKEN_FILE !== null && fromFile === undefined)
      throw new Error(`There is no file ${TOKEN_FILE}. Correct --token-file.`)
    const print = (line: string): void => void process.stdout.write(line)
    const token = TOKEN ?? fromFile?.trim()
    const outcome = await composeAndRun({ config, token, env, platform: process.platform, print }, stop.signal)
    return outcome === 'revoked' ? REVOKED_EXIT_CODE : 0
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0
    process.stderr.write(`octopus client: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

// Nothing of ours is left by then; what the system still holds open (a dead connection) must not keep the process.
if (import.meta.main) process.exit(await runClient(process.argv.slice(2), process.env))
