import { Given } from './given.ts'
import { nearest } from './nearest.ts'
import { COMMON_FLAGS, type CommandRow, type FlagRow } from './rows.ts'
import { UsageError } from './usage-error.ts'

/** The command with the most words that the command line begins with, and what follows. */
export function findCommand(
  rows: readonly CommandRow[],
  argv: readonly string[],
): { readonly row: CommandRow; readonly rest: readonly string[] } | undefined {
  const fits = rows.filter(({ words }) => words.split(' ').every((word, index) => argv[index] === word))
  const row = fits.toSorted((a, b) => b.words.split(' ').length - a.words.split(' ').length)[0]
  return row && { row, rest: argv.slice(row.words.split(' ').length) }
}

/** Why no command fits, with the nearest one. */
export function unknownCommand(rows: readonly CommandRow[], argv: readonly string[]): UsageError {
  const typed = argv.filter((word) => !word.startsWith('-')).slice(0, 2)
  const family = rows.filter(({ words }) => words.startsWith(`${typed[0]} `))
  const names = family.length > 0 ? family.map(({ words }) => words) : allNames(rows)
  const wrong = family.length > 0 ? typed.join(' ') : (typed[0] ?? '')
  const near = nearest(wrong, names)
  const hint = near === undefined ? '' : ` Did you mean "octopus ${near}"?`
  const see = family.length > 0 ? `octopus help ${typed[0]}` : 'octopus help'
  if (family.length > 0 && typed.length < 2)
    return new UsageError(`octopus ${typed[0]} needs one word more. See ${see}.`)
  return new UsageError(`There is no command "${wrong}".${hint} See ${see}.`)
}

function allNames(rows: readonly CommandRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ words }) => [words, words.split(' ')[0] ?? '']))]
}

/** Holds the rest of the command line against the row; a `UsageError` names what does not fit. */
export function parseGiven(row: CommandRow, rest: readonly string[]): Given {
  const flags = new Map<string, string[]>()
  const places: string[] = []
  const known = [...row.flags, ...COMMON_FLAGS]
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? ''
    if (word === '--') {
      places.push(...rest.slice(i + 1))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      places.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const typed = equals < 0 ? word : word.slice(0, equals)
    const { flag, negated } = flagOf(known, typed, row)
    let value = equals < 0 ? undefined : word.slice(equals + 1)
    if (flag.kind === 'boolean') value = negated ? 'false' : (value ?? 'true')
    else value ??= rest[++i]
    if (value === undefined) throw new UsageError(`${typed} needs a value: ${typed} ${placeholder(flag)}.`)
    checkValue(flag, value)
    flags.set(flag.name, [...(flags.get(flag.name) ?? []), value])
  }
  if (flags.has('help')) return new Given(rest, new Map(), flags)
  const args = placed(row, places)
  const missing = row.flags.find(({ name, required }) => required && !flags.has(name))
  if (missing)
    throw new UsageError(`--${missing.name} is missing: --${missing.name} ${placeholder(missing)}.${seeHelp(row)}`)
  return new Given(rest, args, flags)
}

function flagOf(
  known: readonly FlagRow[],
  typed: string,
  row: CommandRow,
): { readonly flag: FlagRow; readonly negated: boolean } {
  const name = typed === '-h' ? 'help' : typed.replace(/^--/, '')
  const exact = typed.startsWith('--') || typed === '-h' ? known.find((flag) => flag.name === name) : undefined
  if (exact) return { flag: exact, negated: false }
  const positive = known.find((flag) => flag.kind === 'boolean' && typed === `--no-${flag.name}`)
  if (positive) return { flag: positive, negated: true }
  const near = nearest(
    typed,
    known.map((flag) => `--${flag.name}`),
  )
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  throw new UsageError(`octopus ${row.words} does not know ${typed}.${hint}${seeHelp(row)}`)
}

function checkValue(flag: FlagRow, value: string): void {
  const wrong = (remedy: string): UsageError =>
    new UsageError(`--${flag.name} is "${value.slice(0, 200)}"; it ${remedy}.`)
  const items = flag.kind === 'list' ? value.split(',').map((item) => item.trim()) : [value]
  if (flag.words && items.some((item) => item !== '' && !flag.words?.includes(item)))
    throw wrong(`must be ${flag.kind === 'list' ? 'of' : 'one of'} ${flag.words.join(', ')}`)
  if (flag.kind === 'integer' && !/^-?\d{1,15}$/.test(value)) throw wrong('must be a whole number')
  if (flag.kind === 'number' && (value.trim() === '' || !Number.isFinite(Number(value))))
    throw wrong('must be a number')
  if (flag.kind === 'boolean' && value !== 'true' && value !== 'false') throw wrong('must be true or false')
}

function placed(row: CommandRow, places: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [index, { name, optional, words }] of row.arguments.entries()) {
    const value = places[index]
    if (value === undefined && !optional) throw new UsageError(`<${name}> is missing.${seeHelp(row)}`)
    if (value !== undefined && words && !words.includes(value))
      throw new UsageError(`<${name}> is "${value.slice(0, 200)}"; it must be one of ${words.join(', ')}.`)
    if (value !== undefined) found.set(name, value)
  }
  const tooMuch = places[row.arguments.length]
  if (tooMuch !== undefined) throw new UsageError(`"${tooMuch.slice(0, 200)}" is too much.${seeHelp(row)}`)
  return found
}

const seeHelp = (row: CommandRow): string => ` See octopus help ${row.words}.`

/** What stands for the value in help: `<text>`, `a|b|c`. */
export function placeholder({ kind, words }: FlagRow): string {
  if (kind === 'boolean') return ''
  if (kind === 'word' && words && words.length <= 8) return words.join('|')
  if (kind === 'json') return '<JSON>'
  return kind === 'list' ? '<a,b,…>' : `<${kind}>`
}
