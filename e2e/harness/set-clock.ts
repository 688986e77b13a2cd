import { spawnSync } from 'node:child_process'
import { existsSync, globSync, renameSync, writeFileSync } from 'node:fs'

import type { Surroundings } from './process.ts'

const LIBRARY = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0] ?? ''

/** Why clocks cannot be set here; false where they can. */
export function needsClocks(): string | false {
  if (!existsSync(LIBRARY)) return 'there is no libfaketime on this machine'
  const env = { ...process.env, LD_PRELOAD: LIBRARY, FAKETIME: '+2d', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' })
  return Number(stdout) > Date.now() + 86_400_000 ? false : 'libfaketime does not reach Node on this machine'
}

/**
 * The wall clock of one process, which can be set while it runs. Its steady clock goes on as it does: together that is
 * a clock that was set, and also a machine that slept where the steady clock stands still meanwhile.
 */
export class SetClock {
  readonly around: Surroundings
  readonly #file: string

  /** `file` holds by how much the clock is off. */
  constructor(file: string, aheadMs = 0) {
    this.#file = file
    this.around = {
      env: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    }
    this.set(aheadMs)
  }

  /** Sets it, from now on, so far ahead of the tester's own; below zero it is behind. */
  set(aheadMs: number): void {
    // In one step: half a file would be another time.
    writeFileSync(`${this.#file}.new`, `${aheadMs < 0 ? '-' : '+'}${Math.abs(aheadMs) / 1_000}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}
