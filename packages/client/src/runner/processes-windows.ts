import type { ProcessEntry, ProcessTable } from './process-table.ts'
import { outputOf } from './spawn.ts'

/** Starting PowerShell alone may take seconds on a PC that has just booted. */
const POWERSHELL_MS_MAX = 30_000

const QUERY =
  'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CommandLine,' +
  "@{n='Started';e={$_.CreationDate.Ticks}} | ConvertTo-Json -Compress"

/**
 * Windows: no environment of other processes can be read, so the runner's mark stands in its command line too; what
 * descends from it is found by parent and ended by `taskkill /T`.
 */
export function createWindowsProcesses(): ProcessTable {
  const list = async (): Promise<readonly ProcessEntry[]> => {
    const args = ['-NoProfile', '-NonInteractive', '-Command', QUERY]
    return parseProcesses(await outputOf({ file: 'powershell.exe', args }, { timeoutMs: POWERSHELL_MS_MAX }))
  }
  return {
    list,
    kill: async (entry) => {
      const same = (await list()).some(({ pid, startedAt }) => pid === entry.pid && startedAt === entry.startedAt)
      if (!same) return
      const args = ['/T', '/F', '/PID', String(entry.pid)]
      // It fails when the process is gone already; the next list shows whether it is.
      await outputOf({ file: 'taskkill.exe', args }, { timeoutMs: POWERSHELL_MS_MAX }).catch(() => '')
    },
  }
}

/** Pure: PowerShell's JSON, which is an object instead of a list when there is one row. */
export function parseProcesses(text: string): readonly ProcessEntry[] {
  const value: unknown = JSON.parse(text)
  return (Array.isArray(value) ? value : [value]).flatMap((row: unknown) => {
    if (typeof row !== 'object' || row === null) return []
    const { ProcessId, ParentProcessId, CommandLine, Started } = row as Record<string, unknown>
    if (typeof ProcessId !== 'number' || typeof ParentProcessId !== 'number') return []
    const runner =
      typeof CommandLine === 'string'
        ? /octopus[_-]runner\.(?:py|mjs|ts)"? --mark=(\S+)/.exec(CommandLine)?.[1]
        : undefined
    return {
      pid: ProcessId,
      parent: ParentProcessId,
      // There are no process groups; 0 is nobody's.
      group: 0,
      startedAt: String(Started),
      zombie: false,
      client: runner?.split('/')[0],
      runner,
    }
  })
}
