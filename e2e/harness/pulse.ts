import { readFileSync } from 'node:fs'

import type { Api } from './api.ts'

/** Between two calls: often enough for a 99th percentile of some seconds, seldom enough to be no load. */
const PAUSE_MS = 20
const MIB = 1_024

/** What a person at the dashboard felt meanwhile, and what the server's process took. */
export interface PulseReport {
  readonly calls: number
  /** The server was away, or refused. */
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of the server's process, where the system tells it. */
  readonly rssMaxMib: number
}

/** Calls the API one after the other, from its start until it is stopped. */
export class Pulse {
  readonly #api: Api
  readonly #pid: () => number
  readonly #took: number[] = []
  readonly #beating: Promise<void>
  #failed = 0
  #rssMaxKib = 0
  #stopped = false

  constructor(api: Api, pid: () => number) {
    this.#api = api
    this.#pid = pid
    this.#beating = this.#beat()
  }

  async stop(): Promise<PulseReport> {
    this.#stopped = true
    await this.#beating
    const sorted = this.#took.toSorted((one, other) => one - other)
    const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN)
    return {
      calls: sorted.length,
      failed: this.#failed,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      rssMaxMib: Math.round(this.#rssMaxKib / MIB),
    }
  }

  async #beat(): Promise<void> {
    while (!this.#stopped) {
      const at = performance.now()
      try {
        await this.#api.get('/stats')
        this.#took.push(performance.now() - at)
      } catch {
        this.#failed += 1
      }
      this.#rssMaxKib = Math.max(this.#rssMaxKib, residentKib(this.#pid()))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** Memory of a process that is in RAM, in KiB; 0 where the system does not tell. */
export function residentKib(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
