import { readFileSync, watch, writeFileSync } from 'node:fs'

/** One line that a plugin wrote when it really started or ended. */
export interface TruthLine {
  readonly event: 'start' | 'end'
  readonly execution: string
  readonly attempt: number
  readonly fence: number
  readonly pid: number
  readonly at: number
}

const EVENTUALLY_MS_MAX = 60_000

/** What really ran, whatever the system believes: the file that the `probe` plugin appends to. */
export class GroundTruth {
  readonly path: string

  constructor(path: string) {
    this.path = path
    writeFileSync(path, '')
  }

  /** All whole lines so far. A plugin that is killed may leave half of one. */
  lines(): readonly TruthLine[] {
    const whole = readFileSync(this.path, 'utf8').split('\n').slice(0, -1)
    return whole.map((line) => JSON.parse(line) as TruthLine)
  }

  starts(): readonly TruthLine[] {
    return this.lines().filter(({ event }) => event === 'start')
  }

  ends(): readonly TruthLine[] {
    return this.lines().filter(({ event }) => event === 'end')
  }

  /** Attempts that were started more than once: there must be none, ever. */
  startedTwice(): readonly string[] {
    const groups = Map.groupBy(this.starts(), ({ execution, attempt }) => `${execution} attempt ${attempt}`)
    return [...groups].filter(([, starts]) => starts.length > 1).map(([key]) => key)
  }

  /** Looks, and looks again whenever something was written, until the check answers something. */
  async eventually<T>(
    check: (lines: readonly TruthLine[]) => T | undefined | false,
    timeoutMs = EVENTUALLY_MS_MAX,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const answer = check(this.lines())
        if (answer === undefined || answer === false) return
        finish()
        resolve(answer)
      }
      const watcher = watch(this.path, look)
      const timer = setTimeout(() => {
        finish()
        reject(new Error(`not within ${timeoutMs} ms; the ground truth has ${this.lines().length} lines`))
      }, timeoutMs)
      const finish = (): void => {
        clearTimeout(timer)
        watcher.close()
      }
      look()
    })
  }

  /** The start of this execution, once there is one. */
  started(execution: string): Promise<TruthLine> {
    return this.eventually((lines) => lines.find((line) => line.event === 'start' && line.execution === execution))
  }
}
