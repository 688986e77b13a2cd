import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** How long a tracer may take to hold every thread of a process. */
const ATTACHED_MS_MAX = 10_000

/** Why system calls cannot be looked at or made to fail here; false where they can. */
export function needsTracer(): string | false {
  const idle = spawn('sleep', ['5'], { stdio: 'ignore' })
  try {
    const args = ['-qq', '-o', '/dev/null', '-e', 'trace=none', '-p', String(idle.pid)]
    const { error, stderr } = spawnSync('strace', args, { encoding: 'utf8', timeout: 500, killSignal: 'SIGINT' })
    if (error !== undefined && 'code' in error && error.code === 'ENOENT') return 'there is no strace on this machine'
    return stderr.includes('ptrace') ? 'this machine does not let one process trace another' : false
  } finally {
    idle.kill('SIGKILL')
  }
}

/** What of a process is looked at: system calls, of these files alone if some are named. */
export interface TraceWish {
  readonly calls: readonly string[]
  readonly paths?: readonly string[]
  /** What shall happen to them, in strace's words: `fsync:error=EIO:when=3`. */
  readonly inject?: string
}

/** A look at the system calls of a running process, from now until it is disposed of. It may make them fail. */
export class Tracer implements AsyncDisposable {
  readonly #strace: ChildProcess
  readonly #file: string

  private constructor(strace: ChildProcess, file: string) {
    this.#strace = strace
    this.#file = file
  }

  /** Resolves when it holds the process. `file` is where it writes; a name that nobody else uses. */
  static async attach(pid: number, file: string, { calls, paths = [], inject }: TraceWish): Promise<Tracer> {
    const where = paths.flatMap((path) => ['-P', path])
    const how = inject === undefined ? [] : ['-e', `inject=${inject}`]
    const what = [
      '-f',
      '-ttt',
      '-s',
      '400',
      '-o',
      file,
      '-e',
      `trace=${calls.join(',')}`,
      ...where,
      ...how,
      '-p',
      String(pid),
    ]
    const strace = spawn('strace', what, { stdio: ['ignore', 'ignore', 'pipe'] })
    const said: string[] = []
    const attached = new Promise<void>((resolve, reject) => {
      const give = (): void => reject(new Error(`strace did not attach:\n${said.join('\n')}`))
      const timer = setTimeout(give, ATTACHED_MS_MAX)
      strace.once('exit', give)
      createInterface(strace.stderr).on('line', (line) => {
        said.push(line)
        // It says so once for all threads that there were.
        if (!/Process \d+ attached/.test(line)) return
        clearTimeout(timer)
        strace.off('exit', give)
        resolve()
      })
    })
    const tracer = new Tracer(strace, file)
    await attached.catch((error: unknown) => {
      strace.kill('SIGKILL')
      throw error
    })
    return tracer
  }

  /** The calls so far, one line each, in strace's words. */
  lines(): readonly string[] {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n').slice(0, -1) : []
  }

  /** How many calls of this name came back, well or not. */
  count(call: string): number {
    // A call that was interrupted by another thread's is written as two halves: the second counts.
    const whole = new RegExp(`\\b${call}\\(.* = |<\\.\\.\\. ${call} resumed>`)
    return this.lines().filter((line) => whole.test(line)).length
  }

  /** Lets go of the process. Calls that come after go as they would. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#strace.exitCode === null && this.#strace.signalCode === null) {
      this.#strace.kill('SIGINT')
      await once(this.#strace, 'exit')
    }
    rmSync(this.#file, { force: true })
  }
}
