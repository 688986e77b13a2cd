import { spawn, type ChildProcess } from 'node:child_process'

export interface CommandEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and standard error, as they came. */
  readonly output: string
  readonly tookMs: number
  readonly timedOut: boolean
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}

/** More than this of a command's output is not kept: a test that prints in an endless loop must not fill the memory. */
const OUTPUT_CHARACTERS_MAX = 4_000_000

const running = new Set<ChildProcess>()

/** Runs a command in a process group of its own, so that a time-out ends it together with everything it started. */
export function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  const [program = '', ...args] = command
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let output = ''
    let timedOut = false
    const keep = (chunk: string): void => {
      if (output.length < OUTPUT_CHARACTERS_MAX) output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            killTree(child)
          }, options.timeoutMs)
    child.on('error', reject)
    // 'exit' and not 'close': a grandchild that keeps the pipe open must not keep us waiting. What it left behind in
    // the group is ended, and what was printed until then is read.
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      running.delete(child)
      killTree(child)
      const finish = (): void => resolve({ code, signal, output, tookMs: performance.now() - startedAt, timedOut })
      const patience = setTimeout(finish, 1_000)
      child.on('close', () => {
        clearTimeout(patience)
        finish()
      })
    })
  })
}

/** Ends whatever still runs: for Ctrl-C, which does not reach process groups of their own. */
export function killRunningCommands(): void {
  for (const child of running) killTree(child)
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
