/** What the comments of a shell or PowerShell script say of it: `# octopus: …`. Server and client read it alike. */
export interface ScriptHeader {
  readonly actions: readonly string[]
  readonly parameters: readonly ScriptParameter[]
  /** The first comment that is not ours. */
  readonly doc: string
  readonly problems: readonly ScriptProblem[]
}

export interface ScriptParameter {
  readonly name: string
  readonly doc: string
  /** Undefined: it must be given. */
  readonly default: { readonly value: unknown } | undefined
}

export interface ScriptProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** As for a plugin in another language: more than a person looks through. */
const ACTIONS_MAX = 200
const PARAMETERS_MAX = 100
const DOC_CHARACTERS_MAX = 4_000
const PROBLEMS_MAX = 20
/** An action and a parameter are named as in other languages, so that they can be variables of a script. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,254}$/
const DIRECTIVE = /^[ \t]*#[ \t]*octopus:(.*)$/i
const FORMS = '`# octopus: actions=run,validate` or `# octopus: param name=default — text`'

/** Reads the header; never fails, and takes time in proportion to the source. */
export function readScriptHeader(source: string): ScriptHeader {
  const lines = source.replace(/^\uFEFF/, '').split(/\r?\n/)
  const header = { actions: new Set<string>(), parameters: new Map<string, ScriptParameter>() }
  const problems: ScriptProblem[] = []
  for (const [index, line] of lines.entries()) {
    const text = DIRECTIVE.exec(line)?.[1]?.trim()
    if (text === undefined) continue
    const message = readDirective(text, header)
    if (message !== undefined && problems.length < PROBLEMS_MAX)
      problems.push({ line: index + 1, column: line.indexOf('#') + 1, message })
  }
  const { actions, parameters } = header
  return {
    actions: actions.size === 0 ? ['run'] : [...actions],
    parameters: [...parameters.values()],
    doc: docOf(lines),
    problems,
  }
}

interface Found {
  readonly actions: Set<string>
  readonly parameters: Map<string, ScriptParameter>
}

/** Answers what is wrong with it, if anything is. */
function readDirective(text: string, { actions, parameters }: Found): string | undefined {
  const list = /^actions[ \t]*=(.*)$/.exec(text)?.[1]
  if (list !== undefined) {
    for (const name of list.split(',').map((part) => part.trim())) {
      if (!NAME.test(name)) return `"${name}" is no name of an action: a letter, then letters, digits or "_".`
      if (actions.size >= ACTIONS_MAX) return `More than ${ACTIONS_MAX} actions.`
      actions.add(name)
    }
    return undefined
  }
  const declared = /^param[ \t]+(.*)$/.exec(text)?.[1]
  if (declared === undefined) return `"${text.slice(0, 40)}" is not understood. Write ${FORMS}.`
  const { name, rest } = splitName(declared)
  if (!NAME.test(name))
    return `"${name.slice(0, 40)}" is no name of a parameter: a letter, then letters, digits or "_".`
  if (parameters.has(name)) return `The parameter ${name} is declared twice.`
  if (parameters.size >= PARAMETERS_MAX) return `More than ${PARAMETERS_MAX} parameters.`
  const { value, doc } = splitDoc(rest)
  parameters.set(name, { name, doc, default: value === undefined ? undefined : { value: defaultOf(value) } })
  return undefined
}

function splitName(declared: string): { name: string; rest: string } {
  const end = declared.search(/[=\s]/)
  return end < 0
    ? { name: declared, rest: '' }
    : { name: declared.slice(0, end), rest: declared.slice(end).trimStart() }
}

/** `=default — text`: the dash stands alone, so that a default may hold one. Two hyphens do as well as a dash. */
function splitDoc(rest: string): { value: string | undefined; doc: string } {
  const dash = /(?:^|[ \t])(?:—|–|--)(?=[ \t]|$)/.exec(rest)
  const before = (dash === null ? rest : rest.slice(0, dash.index)).trim()
  const doc = dash === null ? '' : rest.slice(dash.index + dash[0].length).trim()
  return { value: before.startsWith('=') ? before.slice(1).trim() : undefined, doc }
}

/** `90`, `true`, `"90"`, `[1, 2]` are what JSON says they are; everything else is a text. */
function defaultOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** The first comment of the file, without the line for the interpreter, our lines, and PowerShell's own key words. */
function docOf(lines: readonly string[]): string {
  const found: string[] = []
  let block = false
  for (const [index, line] of lines.entries()) {
    const text = line.trim()
    if ((index === 0 && text.startsWith('#!')) || DIRECTIVE.test(line)) continue
    if (!block && text.startsWith('<#')) block = true
    if (!block && !text.startsWith('#')) {
      if (found.length > 0 || text !== '') break
      continue
    }
    const ends = block && text.includes('#>')
    const words = text.replace(/#>.*$/, '').replace(/^<?#/, '')
    found.push(words.replace(/^ /, '').trimEnd())
    if (ends) break
  }
  const words = found.filter((line) => !/^\s*\.[A-Z]+\s*$/.test(line))
  return words.join('\n').trim().slice(0, DOC_CHARACTERS_MAX)
}

/** The shells that run a plugin. */
export const SHELLS = ['sh', 'bash', 'dash', 'ksh', 'zsh'] as const
export type Shell = (typeof SHELLS)[number]

/** Who a script is for, by its first line. */
export interface Shebang {
  /** Without its folder: each PC has it elsewhere. */
  readonly program: string
  readonly args: readonly string[]
}

/** `#!/usr/bin/env -S bash -e` → bash, -e. Undefined without such a line. */
export function readShebang(source: string): Shebang | undefined {
  const line = /^#!([^\r\n]*)/.exec(source)?.[1]?.trim()
  if (line === undefined || line === '') return undefined
  const words = line.split(/\s+/)
  const nameOf = (path = ''): string => (path.split(/[/\\]/).at(-1) ?? '').replace(/\.exe$/i, '')
  if (nameOf(words[0]) !== 'env') return { program: nameOf(words[0]), args: words.slice(1) }
  const at = words.findIndex((word, index) => index > 0 && !/^-|=/.test(word))
  return at < 0 ? { program: '', args: [] } : { program: nameOf(words[at]), args: words.slice(at + 1) }
}

export function isShell(program: string): program is Shell {
  return (SHELLS as readonly string[]).includes(program)
}
