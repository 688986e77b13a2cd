import { readFile } from 'node:fs/promises'

import type { EpochMs } from '@octopus/kit/clock.ts'

import { troubleIn } from '#doctor/judge.ts'

/** The last error or warning in a log since then. */
export async function lastTrouble(log: string, since: EpochMs): Promise<string | undefined> {
  const text = await readFile(log, 'utf8').catch(() => '')
  return troubleIn(text, since, 1)[0]
}
