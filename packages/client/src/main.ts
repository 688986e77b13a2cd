import { homedir } from 'node:os'
import { basename, dirname } from 'node:path'

import { type Clock, createSystemClock } from '@octopus/kit/clock.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { useProxies } from '#host/proxies.ts'
import { createNodeMachine } from '#service/node-machine.ts'
import { type OwnProgram, runServiceCommand, SERVICE_COMMANDS, SERVICE_HELP } from '#service/service-command.ts'

import { type ComposeInput, composeAndEnroll, composeAndRun } from './compose.ts'
import { helpText, readConfig } from './config.ts'

/** Exit codes: 0 stopped in good order, 1 could not start or work, 3 revoked by the server. */
const REVOKED_EXIT_CODE = 3

/** A terminal sends Ctrl-C to everybody, and npm passes it on once more: that is one wish, not two. */
const SAME_SIGNAL_MS = 1_000

/** An enrolment by hand or by an installation says after this time that the server does not answer. */
const ENROLL_MS_MAX = 60_000

type Env = Readonly<Record<string, string | undefined>>

/** `octopus client …`: works until a signal, or carries out one of the commands. Answers the exit code. */
export async function runClient(argv: readonly string[], env: Env): Promise<number> {
  const [word = '', ...rest] = argv
  if (argv.includes('--help')) {
    process.stdout.write(`${helpText()}${SERVICE_HELP}`)
    return 0
  }
  if (word === '--version') {
    process.stdout.write(`${OCTOPUS_VERSION}\n`)
    return 0
  }
  const command = SERVICE_COMMANDS.find((one) => one === word)
  try {
    if (command !== undefined) {
      const machine = createNodeMachine({ clock: createSystemClock(), env, platform: process.platform })
      await runServiceCommand({ machine, own: ownProgram(), readGiven: readGivenFile }, command, rest)
      return 0
    }
    return word === 'enroll' ? await enrollOnce(rest, env) : await workUntilSignal(argv, env)
  } catch (error) {
    process.stderr.write(`octopus client: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

/** Runs the client until a signal; a second signal exits at once. */
async function workUntilSignal(argv: readonly string[], env: Env): Promise<number> {
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
    const input = readInput(argv, env)
    useProxies(input.config.settings, env)
    const outcome = await composeAndRun(input, stop.signal)
    return outcome === 'revoked' ? REVOKED_EXIT_CODE : 0
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0
    throw error
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

/** `octopus client enroll`: first contact and no more, so that who installs learns at once whether it works. */
async function enrollOnce(argv: readonly string[], env: Env): Promise<number> {
  const input = { ...readInput(argv, env), print: () => {} }
  useProxies(input.config.settings, env)
  const limit = timeLimit(createSystemClock(), ENROLL_MS_MAX, 'the server did not answer within a minute')
  try {
    const { clientId, serverUrl } = await composeAndEnroll(input, limit.signal)
    process.stdout.write(
      `Enrolled at ${serverUrl} as client ${clientId}. If it does not work at once, it waits for approval there.\n`,
    )
    return 0
  } finally {
    limit.end()
  }
}

function timeLimit(clock: Clock, ms: number, message: string): { readonly signal: AbortSignal; end(): void } {
  const late = new AbortController()
  const done = new AbortController()
  void clock.after(ms, done.signal).then(
    () => late.abort(new Error(message)),
    () => {},
  )
  return { signal: late.signal, end: () => done.abort(new Error('done')) }
}

function readInput(argv: readonly string[], env: Env): ComposeInput {
  const config = readConfig({ argv, env, homeFolder: homedir(), workFolder: process.cwd(), readText: readGivenFile })
  const { TOKEN, TOKEN_FILE } = config.settings
  const fromFile = TOKEN_FILE === null ? undefined : readGivenFile(TOKEN_FILE)
  if (TOKEN_FILE !== null && fromFile === undefined)
    throw new Error(`There is no file ${TOKEN_FILE}. Correct --token-file.`)
  const print = (line: string): void => void process.stdout.write(line)
  return { config, token: TOKEN ?? fromFile?.trim(), env, platform: process.platform, print }
}

/** Packed, the program is one file beside its Node, in the folder `app` of an installation; else it is its source. */
function ownProgram(): OwnProgram {
  const file = import.meta.filename
  const folder = dirname(file)
  if (basename(file) !== 'client.mjs') {
    const supervisor = `${folder}/service/supervise.sh`
    return { program: [process.execPath, file], supervisor, folder: undefined }
  }
  const program = process.platform === 'win32' ? [process.execPath, file] : [`${folder}/octopus-client`]
  const installation = basename(folder) === 'app' ? dirname(folder) : undefined
  return { program, supervisor: `${folder}/supervise.sh`, folder: installation }
}

// Nothing of ours is left by then; what the system still holds open (a dead connection) must not keep the process.
if (import.meta.main) process.exit(await runClient(process.argv.slice(2), process.env))
