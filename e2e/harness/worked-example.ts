import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'

import { ROOT } from './process.ts'

/** Commands of a page, with lines that they must print. */
export interface Step {
  readonly heading: string
  readonly commands: string
  readonly expected: readonly string[]
  /** Marked `end`: it takes away what the page has built, so it comes after everything else. */
  readonly isEnd: boolean
}

/** The `sh` blocks of a page in their order, each with the lines of the `text` block that follows it. */
export function stepsOf(markdown: string): readonly Step[] {
  const steps: (Step & { expected: string[] })[] = []
  let heading = ''
  for (const [, title, info, body = ''] of markdown.matchAll(/^#+ (.+)$|^```(.*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title
    if (info === 'sh' || info === 'sh end') {
      steps.push({ heading, commands: body, expected: [], isEnd: info === 'sh end' })
    }
    if (info === 'text') steps.at(-1)?.expected.push(...body.trimEnd().split('\n'))
  }
  return steps
}

/** The expected lines that the output does not have, in this order; `…` stands for anything, blanks for any number of them. */
export function missingLines(expected: readonly string[], output: string): readonly string[] {
  const lines = output.split(/\r?\n/).map(plain)
  let from = 0
  return expected.filter((line) => {
    const at = lines.findIndex((candidate, index) => index >= from && fits(line).test(candidate))
    if (at < 0) return true
    from = at + 1
    return false
  })
}

const plain = (line: string): string => line.replaceAll(/\s+/g, ' ').trim()

function fits(line: string): RegExp {
  const pieces = plain(line)
    .split('…')
    .map((piece) => RegExp.escape(piece.trim()))
  return new RegExp(`^${pieces.join('.*')}$`)
}

/** Longer than any block of the pages takes on two busy cores. */
const STEP_MS_MAX = 120_000
const DONE = 'the step is done'

/** One bash in which the blocks of a page run one after the other, as in the terminal of a reader. */
export class Terminal implements AsyncDisposable {
  readonly #bash: ChildProcess
  readonly #ended: Promise<unknown>
  #said = ''
  #listener: () => void = () => {}

  constructor(env: Readonly<Record<string, string>>) {
    const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
    const kept = Object.entries(process.env).filter(([name]) => !/^(?:OCTOPUS|NODE)_/.test(name))
    this.#bash = spawn('bash', { cwd: ROOT, env: { ...Object.fromEntries(kept), PATH: path, ...env } })
    this.#ended = once(this.#bash, 'close')
    for (const stream of [this.#bash.stdout, this.#bash.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text
        this.#listener()
      })
    }
    // What a page leaves running ends with its terminal, also when a step fails.
    this.#type(`set -eu -o pipefail; exec 2>&1; trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT`)
  }

  /** Runs commands to their end and answers what they printed; throws when one of them fails. */
  async run(commands: string): Promise<string> {
    this.#said = ''
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error('it takes too long')), STEP_MS_MAX)
    this.#listener = () => this.#said.includes(DONE) && resolve()
    void this.#ended.then(() => reject(new Error('a command failed')))
    // Nothing of the page reads what is typed next.
    this.#type(`{\n${commands}\n} < /dev/null\necho '${DONE}'`)
    try {
      await promise
    } catch (error) {
      throw new Error(`${String(error)}:\n${commands}\nIt printed:\n${this.#said}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
    return this.#said.slice(0, this.#said.indexOf(DONE))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bash.stdin?.end()
    await this.#ended
  }

  #type(line: string): void {
    this.#bash.stdin?.write(`${line}\n`)
  }
}
