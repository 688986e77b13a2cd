import { CLIENT_MARK, RUNNER_MARK } from './environment.ts'
import type { ProcessEntry, ProcessTable } from './process-table.ts'
import { signalQuietly } from './processes-linux.ts'
import { outputOf } from './spawn.ts'

/** `ps` takes some 20 ms; a PC that swaps may take long. */
const PS_MS_MAX = 10_000

/** macOS: `ps -E` shows the environment of the user's own processes behind the command. */
export function createMacosProcesses(): ProcessTable {
  const list = async (): Promise<readonly ProcessEntry[]> => {
    const args = ['-axEww', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,command=']
    return parsePs(await outputOf({ file: '/bin/ps', args }, { timeoutMs: PS_MS_MAX, environment: { LC_ALL: 'C' } }))
  }
  return {
    list,
    kill: async (entry) => {
      const same = (await list()).some(({ pid, startedAt }) => pid === entry.pid && startedAt === entry.startedAt)
      if (same) signalQuietly(entry.pid)
    },
  }
}

const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\s?(.*)$/

/** Pure: the rows of `ps`. Our marks hold no blanks, so that they can be found among the other variables. */
export function parsePs(text: string): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const line of text.split('\n')) {
    const [, pid, parent, group, state, startedAt, command] = ROW.exec(line) ?? []
    if (startedAt === undefined || state === undefined || command === undefined) continue
    const valueOf = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S+)`).exec(command)?.[1]
    entries.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      startedAt,
      zombie: state.startsWith('Z'),
      client: valueOf(CLIENT_MARK),
      runner: valueOf(RUNNER_MARK),
    })
  }
  return entries
}
