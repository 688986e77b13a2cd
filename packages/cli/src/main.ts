import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { Given } from '#command-line/given.ts'
import { commandHelp, overview } from '#command-line/help.ts'
import { findCommand, parseGiven, unknownCommand } from '#command-line/parse.ts'
import type { CommandRow } from '#command-line/rows.ts'
import { visible } from '#show/visible.ts'
import { COMMANDS } from '#tables/commands.ts'

import { EXIT } from './exit-codes.ts'
import type { World } from './world.ts'

/** Runs one command line. Answers the exit code. */
export async function runCommandLine(argv: readonly string[], world: World): Promise<number> {
  const [first = 'help'] = argv
  if (first === '--version') {
    world.out.write(`${OCTOPUS_VERSION}\n`)
    return EXIT.done
  }
  const helpWanted = first === 'help' || first === '--help' || first === '-h'
  try {
    if (helpWanted) return help(argv.slice(1), world)
    const found = findCommand(COMMANDS, argv)
    if (!found) return family(argv, world)
    const { row, rest } = found
    const given = row.ownFlags ? new Given(rest) : parseGiven(row, rest)
    if (given.has('help')) return help(row.words.split(' '), world)
    const act = await row.load()
    return await act(given, world, COMMANDS)
  } catch (error) {
    return explain(error, argv.includes('--json'), world)
  }
}

function help(words: readonly string[], world: World): number {
  const exact = COMMANDS.find((row) => row.words === words.join(' '))
  const [first] = words
  const inFamily = first !== undefined && COMMANDS.some((row) => row.words.startsWith(`${first} `))
  if (first !== undefined && !exact && !inFamily) throw unknownCommand(COMMANDS, words)
  if (words.length > 1 && !exact) throw unknownCommand(COMMANDS, words)
  if (exact) world.out.write(exact.ownFlags ? ownHelp(exact) : commandHelp(exact))
  if (!exact || (inFamily && words.length === 1)) world.out.write(overview(COMMANDS, OCTOPUS_VERSION, first))
  return EXIT.done
}

const ownHelp = (row: CommandRow): string => `${row.about}. Its settings: octopus ${row.words} --help\n`

/** `octopus task` alone, or with --help: what there is. */
function family(argv: readonly string[], world: World): number {
  const [first = '', ...rest] = argv
  const exists = COMMANDS.some((row) => row.words.startsWith(`${first} `))
  if (exists && rest.length === 1 && (rest[0] === '--help' || rest[0] === '-h')) return help([first], world)
  throw unknownCommand(COMMANDS, argv)
}

/** What a person can mend is one sentence; anything else is a bug and shows where. Errors cross packages as data. */
function explain(error: unknown, asJson: boolean, world: World): number {
  const { name, code, status, message, fields } = describe(error)
  const kind = kindOf(name, status, code)
  if (asJson && status !== undefined) {
    world.err.write(`${JSON.stringify({ code, status, detail: message, fields })}\n`)
    return kind
  }
  const text =
    kind === EXIT.failed && error instanceof Error && status === undefined ? (error.stack ?? message) : message
  world.err.write(`octopus: ${text.split('\n').map(visible).join('\n')}\n`)
  for (const { field, message: problem } of fields) world.err.write(`  ${visible(field)}: ${visible(problem)}\n`)
  return kind
}

interface Described {
  readonly name: string
  readonly code: string | undefined
  readonly status: number | undefined
  readonly message: string
  readonly fields: readonly { readonly field: string; readonly message: string }[]
}

function describe(error: unknown): Described {
  if (!(error instanceof Error))
    return { name: '', code: undefined, status: undefined, message: String(error), fields: [] }
  const found = error as Error & Partial<Described>
  return {
    name: error.name,
    code: found.code,
    status: found.status,
    message: error.message,
    fields: found.fields ?? [],
  }
}

/** The same command may succeed later: the server is away, starts, stops, has no room or is asked too much. */
const NOT_NOW = new Set([429, 502, 503, 504, 507])

function kindOf(name: string, status: number | undefined, code: string | undefined): number {
  if (name === 'UsageError' || name === 'SettingsError') return EXIT.usage
  if (status === undefined) return EXIT.failed
  if (code === 'OFFLINE' || NOT_NOW.has(status)) return EXIT.unreachable
  return status >= 400 && status < 500 ? EXIT.refused : EXIT.failed
}
