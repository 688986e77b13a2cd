import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The project's root. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** A line that a process should have printed and did not, with what it printed instead. */
const LINE_MS_MAX = 30_000
/** A stop in good order takes a client at most 17 s (its plugins, its last results); then it is killed. */
const STOP_MS_MAX = 20_000

/** What is put around a process under test. */
export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** A command that ends in running the one after it, in the same process: `ip netns exec x`, `unshare …`, `strace -D …`. */
  readonly prefix?: readonly string[]
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A real process of Octopus, started as a user would, whose lines can be waited for. */
export class OctopusProcess implements AsyncDisposable {
  readonly child: ChildProcess
  /** Of standard output and standard error, as they came. */
  readonly lines: string[] = []
  /** Of standard error alone: what is said to the person who started it. */
  readonly complaints: string[] = []
  readonly exited: Promise<ProcessEnd>
  readonly #listeners = new Set<(line: string) => void>()

  /** It stays in the tester's process group: whoever kills a test with its group leaves nothing behind. */
  constructor(args: readonly string[], options: Surroundings = {}) {
    const command = [...(options.prefix ?? []), process.execPath, join(ROOT, 'packages/cli/src/octopus.ts'), ...args]
    this.child = spawn(command[0] as string, command.slice(1), {
      cwd: options.cwd ?? ROOT,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.child
    if (stdout) createInterface(stdout).on('line', (line) => this.#take(line))
    if (stderr) {
      createInterface(stderr).on('line', (line) => {
        this.complaints.push(line)
        this.#take(line)
      })
    }
    // 'close' and not 'exit': its last words are read before it counts as ended.
    this.exited = once(this.child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }))
  }

  get pid(): number {
    return this.child.pid as number
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** The first line after the first `from`, printed already or to come, that fits; its groups are the answer. */
  async line(pattern: RegExp, from = 0, timeoutMs = LINE_MS_MAX): Promise<RegExpMatchArray> {
    for (const line of this.lines.slice(from)) {
      const match = line.match(pattern)
      if (match) return match
    }
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#listeners.delete(look)
      }
      const give = (why: string): void => {
        finish()
        reject(new Error(`${why} ${String(pattern)}. It said:\n${this.lines.slice(-30).join('\n')}`))
      }
      const timer = setTimeout(() => give('no line fits'), timeoutMs)
      const look = (line: string): void => {
        const match = line.match(pattern)
        if (!match) return
        finish()
        resolve(match)
      }
      this.#listeners.add(look)
      void this.exited.then(({ code, signal }) => give(`ended (${code ?? signal}) before a line fitted`))
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Kills it as a power cut would, and waits until it is gone. */
  async die(): Promise<ProcessEnd> {
    this.kill('SIGKILL')
    return this.exited
  }

  /** Ends it in good order and waits. */
  async stop(): Promise<ProcessEnd> {
    this.kill('SIGTERM')
    const hard = setTimeout(() => this.kill('SIGKILL'), STOP_MS_MAX)
    return this.exited.finally(() => clearTimeout(hard))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAlive) await this.stop()
  }

  #take(line: string): void {
    this.lines.push(line)
    for (const listener of this.#listeners) listener(line)
  }
}

/** Nothing of the tester's own settings reaches the processes under test. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:OCTOPUS|NODE)_/.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}
