import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'

import { membersOf, type ProcessTable, type TreeQuery } from './process-table.ts'
import { createLinuxProcesses } from './processes-linux.ts'
import { createMacosProcesses } from './processes-macos.ts'
import { createWindowsProcesses } from './processes-windows.ts'

/** Killed processes need a moment to vanish; then one looks again. Doubles up to a second. */
const LOOK_AGAIN_MS: Ms = 5
const LOOK_AGAIN_MS_MAX: Ms = 1_000

export interface TreeNeeds {
  readonly clock: Clock
  readonly log: Log
  readonly processes: ProcessTable
}

/** The process table of this platform. */
export function createProcessTable(platform: NodeJS.Platform): ProcessTable {
  if (platform === 'win32') return createWindowsProcesses()
  return platform === 'darwin' ? createMacosProcesses() : createLinuxProcesses()
}

/**
 * Kills the tree and resolves when a look at all processes finds nothing of it: that is the proof. A process that the
 * system does not let go of (waiting for a dead network drive) is looked for until it is gone, and logged. Answers how
 * many processes were killed.
 */
export async function killTree(needs: TreeNeeds, query: TreeQuery): Promise<number> {
  const killed = new Set<string>()
  let pauseMs = LOOK_AGAIN_MS
  for (;;) {
    const members = await look(needs, query)
    if (members?.length === 0) return killed.size
    for (const member of members ?? []) {
      killed.add(`${member.pid} ${member.startedAt}`)
      await needs.processes.kill(member)
    }
    if (pauseMs >= LOOK_AGAIN_MS_MAX) needs.log.warn('tree-still-there', { pids: members?.map(({ pid }) => pid) })
    await needs.clock.after(pauseMs, new AbortController().signal)
    pauseMs = Math.min(pauseMs * 2, LOOK_AGAIN_MS_MAX)
  }
}

/**
 * Ends what a dead predecessor left behind. Only while no other client runs on the same state folder (its lock is
 * held) and before `hello`. Answers how many processes were killed.
 */
export async function killLeftOvers(needs: TreeNeeds, clientMark: string): Promise<number> {
  const killed = await killTree(needs, { client: clientMark })
  if (killed > 0) needs.log.warn('left-over-runners-killed', { count: killed })
  return killed
}

async function look(needs: TreeNeeds, query: TreeQuery) {
  try {
    return membersOf(await needs.processes.list(), query, process.pid)
  } catch (error) {
    needs.log.error('processes-unreadable', { error: String(error) })
    return undefined
  }
}
