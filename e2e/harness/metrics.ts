import { readFileSync } from 'node:fs'

import type { Octopus } from './octopus.ts'

/** What a server tells of itself at `/metrics`, by name and labels as they stand there. */
export async function metricsOf(octopus: Octopus): Promise<ReadonlyMap<string, number>> {
  const authorization = `Bearer ${octopus.api.token}`
  const response = await fetch(`${octopus.url}/metrics`, { headers: { authorization } })
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

/** The kernel counts in ticks of this length. */
const TICK_MS = 10

/** Processor time that a process has taken so far, all its threads together; 0 where the system does not tell. */
export function processorMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}
