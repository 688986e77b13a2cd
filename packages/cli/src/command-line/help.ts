import { placeholder } from './parse.ts'
import { COMMON_FLAGS, type CommandRow, type FlagRow } from './rows.ts'

/** `octopus task create <plugin> [action] [flags]` */
export function usageLine(row: CommandRow): string {
  const places = row.arguments.map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`))
  return ['octopus', row.words, ...places, ...(row.flags.length > 0 || row.ownFlags ? ['[flags]'] : [])].join(' ')
}

/** The flags of a command as people read them: what must be given, then the rest. */
export function flagsOf(row: CommandRow): readonly FlagRow[] {
  const own = row.flags.toSorted((a, b) => Number(b.required ?? false) - Number(a.required ?? false))
  return [...own, ...COMMON_FLAGS]
}

/** Everything about one command. */
export function commandHelp(row: CommandRow): string {
  const places = row.arguments.map(({ name, about, words }) => {
    return [name, words ? `${about}: ${words.join(', ')}` : about] as const
  })
  const flags = flagsOf(row).map((flag) => [`--${flag.name} ${placeholder(flag)}`.trim(), aboutOf(flag)] as const)
  return [
    `${row.about}.\n`,
    `  ${usageLine(row)}\n`,
    ...(row.more ? [`${row.more}\n`] : []),
    ...(places.length > 0 ? [`${columns(places)}\n`] : []),
    columns(flags),
    '',
  ].join('\n')
}

/** All commands, or those that begin with a word. */
export function overview(rows: readonly CommandRow[], version: string, family?: string): string {
  const shown = family === undefined ? rows : rows.filter(({ words }) => words.split(' ')[0] === family)
  const lines = shown.map((row) => [`octopus ${row.words}`, row.about] as const)
  return [
    `octopus ${version}: hands tasks to the PCs of a company\n`,
    columns(lines),
    '',
    '  octopus help COMMAND    what a command takes',
    '  octopus --version',
    '',
  ].join('\n')
}

export function aboutOf({ about, required, words, kind }: FlagRow): string {
  const extra = [required ? 'needed' : '', words && (kind === 'list' || words.length > 8) ? words.join(', ') : '']
  const told = extra.filter((part) => part !== '').join('; ')
  return told === '' ? about : `${about} (${told})`
}

function columns(lines: readonly (readonly [string, string])[]): string {
  const width = Math.min(34, Math.max(0, ...lines.map(([left]) => left.length)))
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n')
}
