import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The project's root. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** A line that a process should have printed and did not, with what it printed instead. */
const LINE_MS_MAX = 30_000

/** A real process of Octopus, started as a user would, whose lines can be waited for. */
export class OctopusProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly lines: string[] = []
  readonly #listeners = new Set<(line: string) => void>()
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>

  constructor(
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ) {
    const env = { ...cleanEnvironment(), ...options.env }
    this.child = spawn(process.execPath, [join(ROOT, 'packages/cli/src/octopus.ts'), ...args], {
      cwd: options.cwd ?? ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.#take(line))
    }
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }))
  }

  get pid(): number {
    return this.child.pid as number
  }

  /** The first line, printed already or to come, that fits; its groups are the answer. */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    for (const line of this.lines) {
      const match = line.match(pattern)
      if (match) return match
    }
    return new Promise((resolve, reject) => {
      const give = (error: Error): void => {
        clearTimeout(timer)
        this.#listeners.delete(look)
        reject(error)
      }
      const what = (why: string): Error =>
        new Error(`${why} ${String(pattern)}. It said:\n${this.lines.slice(-30).join('\n')}`)
      const timer = setTimeout(() => give(what('no line fits')), LINE_MS_MAX)
      const look = (line: string): void => {
        const match = line.match(pattern)
        if (!match) return
        clearTimeout(timer)
        this.#listeners.delete(look)
        resolve(match)
      }
      this.#listeners.add(look)
      void this.exited.then(({ code, signal }) => give(what(`ended (${code ?? signal}) before a line fitted`)))
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Ends it in good order and waits. */
  async stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    this.kill('SIGTERM')
    return this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const hard = setTimeout(() => this.kill('SIGKILL'), 15_000)
      await this.stop()
      clearTimeout(hard)
    }
  }

  #take(line: string): void {
    this.lines.push(line)
    for (const listener of this.#listeners) listener(line)
  }
}

/** Nothing of the tester's own settings reaches the processes under test. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('OCTOPUS_'))
  return Object.fromEntries(kept) as Record<string, string>
}
