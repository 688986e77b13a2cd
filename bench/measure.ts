/** One figure of the bench: several repetitions of the same thing. */
export interface Measure {
  readonly name: string
  readonly unit: 'ms' | '/s' | 'KiB' | 'MiB' | '%'
  readonly better: 'less' | 'more'
  readonly values: readonly number[]
  /** What the parts alone need for the same, measured in the same run. */
  readonly floor?: { readonly what: string; readonly value: number }
  /** What this stage wants to reach. */
  readonly aim?: number
}

/** What a part of the bench is given. */
export interface BenchContext {
  readonly floor: Floor
  readonly repetitions: number
  /** Flags for Node in the processes that are measured, for a profile. */
  readonly nodeFlags: readonly string[]
  /** Says what is going on, on a line of its own. */
  readonly say: (text: string) => void
}

/** What the machine can do at best, in this very run. */
export interface Floor {
  readonly fsyncMs: number
  /** Rows per second by rows per transaction. */
  readonly rows: { readonly 1: number; readonly 100: number; readonly 1000: number }
  readonly socketTripMs: number
  readonly fanOut1000Ms: number
}

/** The machine's time since the epoch, finer than a millisecond: the same in every process. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
