/** Where a setting may stand, weakest first: each later source overrides the earlier ones. */
export const SETTING_SOURCES = ['file', 'environment', 'command line'] as const
export type SettingSource = (typeof SETTING_SOURCES)[number]

interface Row {
  /** What it is for, one sentence; printed by `--help`. */
  readonly about: string
  /** Sources that may set it; all unless told otherwise. A secret has no place in `ps`, `--config` none in the file. */
  readonly from?: readonly SettingSource[]
  /** Other names on the command line, without the hyphens: `server` for `SERVER_URL`. */
  readonly flags?: readonly string[]
  /** Read from the environment without the prefix too (`DATABASE_URL`, `HTTPS_PROXY`). The prefixed name wins. */
  readonly unprefixed?: boolean
}

/** Text; `check` answers what is wrong with a value ("must begin with https://"), or undefined. */
export interface TextRow extends Row {
  readonly kind: 'text'
  readonly default: string | null
  readonly check?: (value: string) => string | undefined
}
/** A whole number with its limits and its unit. */
export interface IntegerRow extends Row {
  readonly kind: 'integer'
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: string
}
/** `true` or `false`; on the command line the bare flag means true. */
export interface BooleanRow extends Row {
  readonly kind: 'boolean'
  readonly default: boolean
}
/** Words with commas between them. `check` looks at each. */
export interface ListRow extends Row {
  readonly kind: 'list'
  readonly default: readonly string[]
  readonly max: number
  readonly check?: (item: string) => string | undefined
}
export type SettingRow = TextRow | IntegerRow | BooleanRow | ListRow

/** Every setting of one program, by the name that users write. */
export type SettingsTable = Readonly<Record<string, SettingRow>>

type ValueOf<R extends SettingRow> = R extends { kind: 'text' }
  ? R['default'] extends string
    ? string
    : string | null
  : R extends { kind: 'integer' }
    ? number
    : R extends { kind: 'boolean' }
      ? boolean
      : readonly string[]

/** The value of each setting; text without a default may be null. */
export type Settings<T extends SettingsTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> }

export interface SettingsInput {
  /** For messages: `octopus client`. */
  readonly program: string
  /** The settings file, if there is one; `name` is what messages call it. */
  readonly file?: { readonly name: string; readonly text: string } | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `readFlags` found. */
  readonly flags: Readonly<Record<string, string>>
  /** Variables with the prefix that belong to other programs (a server and a client may share one environment). */
  readonly foreign?: ReadonlySet<string>
}

/** Stops the start. The message is one sentence for a person: which key, where, its value, and what to do. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

const PREFIX = 'OCTOPUS_'

/**
 * Reads every setting of the table from its sources. An unknown key or a wrong value is a `SettingsError`: a setting
 * that is silently ignored is found in the worst hour.
 */
export function readSettings<const T extends SettingsTable>(table: T, input: SettingsInput): Settings<T> {
  const given = gather(table, input)
  const settings: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(table)) {
    const found = given.get(name)
    settings[name] = found ? valueOf(row, found) : row.default
  }
  return settings as Settings<T>
}

/** Where each setting that was set comes from, as messages name it: `octopus-client.conf, line 3`, `OCTOPUS_SLOTS`, `--slots`. */
export function whereSet(table: SettingsTable, input: SettingsInput): ReadonlyMap<string, string> {
  return new Map([...gather(table, input).values()].map(({ name, where }) => [name, where]))
}

function gather(table: SettingsTable, input: SettingsInput): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const line of input.file ? linesOf(input.file) : [])
    take(table, given, { ...line, source: 'file', program: input.program })
  for (const [variable, text] of Object.entries(input.env)) {
    const name = settingOf(table, variable, input)
    if (name === undefined || text === undefined) continue
    // An empty variable is how containers and shells say "not set".
    if (text !== '') take(table, given, { name, text, where: variable, source: 'environment', program: input.program })
  }
  for (const [name, text] of Object.entries(input.flags)) {
    take(table, given, { name, text, where: flagOf(name), source: 'command line', program: input.program })
  }
  return given
}

/**
 * Reads `--server-url x`, `--server-url=x` and bare `--allow-plain-http`. Done before `readSettings`, because
 * `--config` says where the file is.
 */
export function readFlags(table: SettingsTable, argv: readonly string[], program: string): Record<string, string> {
  const names = new Map<string, string>()
  for (const [name, row] of Object.entries(table)) {
    for (const flag of [flagOf(name), ...(row.flags ?? []).map((other) => `--${other}`)]) names.set(flag, name)
  }
  const flags: Record<string, string> = {}
  for (let i = 0; i < argv.length; i++) {
    const [flag = '', ...rest] = (argv[i] ?? '').split('=')
    const name = names.get(flag)
    if (name === undefined) {
      throw new SettingsError(
        `${program} does not know ${flag}${guess(flag, [...names.keys()])}. See ${program} --help.`,
      )
    }
    if (rest.length > 0) flags[name] = rest.join('=')
    else if (table[name]?.kind === 'boolean') flags[name] = 'true'
    else {
      const value = argv[++i]
      if (value === undefined) throw new SettingsError(`${flag} needs a value: ${flag} <${table[name]?.kind}>.`)
      flags[name] = value
    }
  }
  return flags
}

/** One line per setting, for `--help`. */
export function describeSettings(table: SettingsTable): string {
  const lines = Object.entries(table).map(([name, row]) => {
    const standard = row.default === null || String(row.default) === '' ? '' : ` (${String(row.default)}${unitOf(row)})`
    return `  ${[flagOf(name), ...(row.flags ?? []).map((flag) => `--${flag}`)].join(', ').padEnd(28)} ${row.about}${standard}`
  })
  return lines.join('\n')
}

interface Given {
  readonly name: string
  readonly text: string
  /** The place as messages name it: `octopus-client.conf, line 3`, `OCTOPUS_SLOTS`, `--slots`. */
  readonly where: string
  readonly source: SettingSource
  readonly program: string
}

function take(table: SettingsTable, given: Map<string, Given>, found: Given): void {
  const row = Object.hasOwn(table, found.name) ? table[found.name] : undefined
  if (row === undefined) {
    const hint = guess(found.name, Object.keys(table))
    throw new SettingsError(
      `${found.where}: ${found.name} is no setting of ${found.program}${hint}. Correct or remove it.`,
    )
  }
  if (row.from && !row.from.includes(found.source)) {
    throw new SettingsError(`${found.where}: ${found.name} cannot be set here, only by ${row.from.join(' or ')}.`)
  }
  given.set(found.name, found)
}

function linesOf(file: { name: string; text: string }): { name: string; text: string; where: string }[] {
  const found: { name: string; text: string; where: string }[] = []
  for (const [index, raw] of file.text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim()
    const where = `${file.name}, line ${index + 1}`
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    if (equals < 1)
      throw new SettingsError(`${where}: "${line}" is not KEY = value. Write it so, or begin the line with #.`)
    const name = line.slice(0, equals).trim()
    if (found.some((other) => other.name === name))
      throw new SettingsError(`${where}: ${name} stands twice. Remove one.`)
    found.push({ name, text: line.slice(equals + 1).trim(), where })
  }
  return found
}

/** The setting an environment variable speaks of, if it speaks to us at all. */
function settingOf(table: SettingsTable, variable: string, input: SettingsInput): string | undefined {
  if (!variable.startsWith(PREFIX)) {
    const row = Object.hasOwn(table, variable) ? table[variable] : undefined
    return row?.unprefixed && !input.env[PREFIX + variable] ? variable : undefined
  }
  const name = variable.slice(PREFIX.length)
  return input.foreign?.has(name) && !Object.hasOwn(table, name) ? undefined : name
}

function valueOf(row: SettingRow, given: Given): unknown {
  const { text } = given
  const wrong = (remedy: string): SettingsError =>
    new SettingsError(`${given.where}: ${given.name} is "${text.slice(0, 200)}"; it ${remedy}.`)
  if (row.kind === 'integer') {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN
    if (number >= row.min && number <= row.max) return number
    throw wrong(`must be a whole number from ${row.min} to ${row.max}${unitOf(row)}`)
  }
  if (row.kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw wrong('must be true or false')
  }
  const items =
    row.kind === 'list'
      ? text
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== '')
      : [text]
  if (row.kind === 'list' && items.length > row.max) throw wrong(`may have at most ${row.max} items`)
  for (const item of items) {
    const problem = row.check?.(item)
    if (problem !== undefined) throw wrong(problem)
  }
  return row.kind === 'list' ? items : text
}

const unitOf = (row: SettingRow): string => (row.kind === 'integer' && row.unit !== '' ? ` ${row.unit}` : '')
/** `SERVER_URL` → `--server-url` */
export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`

/** ` (did you mean X?)` for a name that is one or two letters off. */
function guess(wrong: string, names: readonly string[]): string {
  const near = names.find((name) => distance(wrong.toUpperCase(), name.toUpperCase()) <= 2)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** Letters to add, drop or change to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
