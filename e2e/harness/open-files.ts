import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/** How many files and sockets a process has open. */
export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** How many a process may have open from now on. What it has stays open. */
export function limitOpenFiles(pid: number, count: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`prlimit: ${stderr}`)
}

/** Why the limit of another process cannot be set on this machine; false where it can. */
export function withoutFileLimit(): string | false {
  const { error, status } = spawnSync('prlimit', ['--pid', String(process.pid), '--nofile'], { stdio: 'ignore' })
  return error || status !== 0 ? 'there is no prlimit on this machine' : false
}
