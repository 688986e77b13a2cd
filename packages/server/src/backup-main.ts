import { createSystemClock } from '@octopus/kit/clock.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'
import { SettingsError } from '@octopus/kit/settings.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { type Settled, settleRestored } from '#backup/settle-restored.ts'
import { occurrencesOf } from '#schedules/schedule.ts'
import { writeBackup } from '#store/sqlite/backup.ts'
import { createLocalStore } from '#store/sqlite/local-store.ts'
import { beginRestore } from '#store/sqlite/restore.ts'

import { readConfig } from './config.ts'
import { explain } from './explain.ts'

type Env = Readonly<Record<string, string | undefined>>

const USAGE = {
  backup: `octopus backup FILE [settings of the server]: writes all that the server stores into one new file, while it runs.\n`,
  restore: `octopus restore FILE [settings of the server]: puts a backup in the place of the data folder's store. Stop the server first.\n`,
} as const

/** `octopus backup FILE`. Answers the exit code. */
export async function runBackup(argv: readonly string[], env: Env): Promise<number> {
  return command('backup', argv, env, async (file, folder) => {
    const now = createSystemClock().wall()
    const { bytes } = writeBackup({ folder, file, now, program: OCTOPUS_VERSION })
    say(`Wrote ${bytes} bytes to ${file}. Keep it as safe as the data folder: whoever has it has all that is in it.`)
  })
}

/** `octopus restore FILE`. Answers the exit code. */
export async function runRestore(argv: readonly string[], env: Env): Promise<number> {
  return command('restore', argv, env, async (file, folder) => {
    const { madeAt, settled, aside } = await restore(file, folder)
    const made = Temporal.Instant.fromEpochMilliseconds(madeAt).toString()
    say(`The store is as it was at ${made}.`)
    if (aside !== null) say(`What was there before is in ${aside}; delete it when you are sure.`)
    say(
      `Work that was under way then is lost: ${settled.lost}. Tasks that were due since and are not caught up: ${settled.skipped}.`,
    )
    say(
      'Everybody has to sign in again. Check users, tokens and clients: what was disabled or revoked since is not any more.',
    )
  })
}

async function restore(
  file: string,
  folder: string,
): Promise<{ readonly madeAt: number; readonly settled: Settled; readonly aside: string | null }> {
  const clock = createSystemClock()
  const under = beginRestore({ folder, file, now: clock.wall() })
  try {
    const ids = createUuidV7Maker(clock, createSystemRandom())
    const { databases } = under
    await using store = createLocalStore({ databases, ids, clock, schedule: setImmediate })
    const { madeAt } = under.head
    const settled = await settleRestored(
      { store, clock, nextAfter: (task, after) => occurrencesOf(task).next(after) },
      { madeAt, replacedFence: under.replacedFence },
    )
    await store[Symbol.asyncDispose]()
    return { madeAt, settled, aside: under.finish() }
  } catch (error) {
    under.abandon()
    throw error
  }
}

async function command(
  name: keyof typeof USAGE,
  argv: readonly string[],
  env: Env,
  act: (file: string, folder: string) => Promise<void>,
): Promise<number> {
  const [file, ...flags] = argv
  if (file === '--help' || flags.includes('--help')) {
    process.stdout.write(USAGE[name])
    return 0
  }
  try {
    if (file === undefined || file.startsWith('--')) {
      throw new SettingsError(`The file is missing. ${USAGE[name].trim()}`)
    }
    const config = readConfig({ argv: flags, env, workFolder: process.cwd(), readText: readGivenFile })
    await act(file, config.dataFolder)
    return 0
  } catch (error) {
    return explain(error, `octopus ${name}`)
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
